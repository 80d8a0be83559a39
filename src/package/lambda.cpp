// A function for AWS Lambda: a zip for provided.al2023, which is any Linux to it.
#include "package/archive.h"
#include "package/portable.h"
#include "package/readme.h"
#include "package/targets.h"

namespace vitrine {

void package_lambda(const Shipment& shipment, OutputFolder& out) {
  FileTree tree = portable_tree(shipment, find_program(shipment));
  const Places places{"/var/task/models", "/var/task/models/signer.public.pem"};
  std::vector<std::string> words = serve_words(shipment, places, "");
  words.front() = "lambda";
  tree.add("bootstrap", "#!/bin/sh\nexec /var/task/vitrine-serve " + shell_line(words) + "\n",
           0755);
  const std::string zip = shipment.name + "-lambda.zip";
  out.write(zip, zip_of(tree));
  out.write("template.yaml", filled(R"(AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Description: Vitrine answers @NAME@
Resources:
  Model:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: @NAME@
      Runtime: provided.al2023
      Architectures: [x86_64]
      Handler: bootstrap
      CodeUri: @ZIP@
      MemorySize: @MEMORY@
      Timeout: 30
      FunctionUrlConfig:
        AuthType: AWS_IAM
Outputs:
  Url:
    Value: !GetAtt ModelUrl.FunctionUrl
)",
                                    {{"NAME", shipment.name},
                                     {"ZIP", zip},
                                     {"MEMORY", shipment.of_photos ? "1769" : "512"}}));
  const ShippedModel& first = shipment.models.front();
  const std::string payload =
      first.task == "image"
          ? "{\"image\": \"'\"$(base64 -w0 photo.jpg)\"'\"}"
          : "{\"customer\": " + first.example.dump(-1, ' ', false, Json::error_handler_t::replace) +
                "}";
  out.write("README.md", filled(R"(# @NAME@ on AWS Lambda

```sh
sam deploy --guided --template-file template.yaml
```

or without SAM:

```sh
aws lambda create-function --function-name @NAME@ --runtime provided.al2023 --architectures x86_64 \
  --handler bootstrap --zip-file fileb://@ZIP@ --memory-size @MEMORY@ --timeout 30 --role ROLE_ARN
aws lambda invoke --function-name @NAME@ --cli-binary-format raw-in-base64-out \
  --payload '@PAYLOAD@' answer.json
```

@MODELS@
| Event | Answer |
|---|---|
| `{"customer": {...}}`, `{"customers": [...]}`, `{"image": "<base64>"}`, with `"model": NAME` where there are several | what `POST /predict` answers; an error is an error of the function |
| of a function URL, API Gateway (HTTP and REST) or a load balancer | the whole HTTP API: `/ping`, `/predict`, `/models`, `/v2`, the page |

1,769 MB of memory are one core of Lambda.
)",
                                {{"NAME", shipment.name},
                                 {"ZIP", zip},
                                 {"MEMORY", shipment.of_photos ? "1769" : "512"},
                                 {"PAYLOAD", payload},
                                 {"MODELS", model_table(shipment)}}));
}

}  // namespace vitrine
