// A function for AWS Lambda: a zip for the runtime provided.al2023 that contains all libraries.
#include "base/error.h"
#include "base/text.h"
#include "package/archive.h"
#include "package/portable.h"
#include "package/readme.h"
#include "package/targets.h"

namespace vitrine::package {

void package_lambda(const Shipment& shipment, OutputFolder& out) {
  if (shipment.facts.tls || shipment.facts.grpc_port || !shipment.facts.written.empty()) {
    throw Error(ErrorKind::usage, "a Lambda function has no own ports and no permanent files",
                "--options",
                "leave out --tls-cert, --grpc-port, --log-predictions and --admin-socket");
  }
  FileTree tree = portable_tree(shipment, find_program(shipment));
  const Places places{"/var/task/models", "/var/task/models/signer.public.pem"};
  std::vector<std::string> words = serve_words(shipment, places, "");
  words.front() = "lambda";
  tree.add("bootstrap", "#!/bin/sh\nexec /var/task/vitrine-serve " + shell_line(words) + "\n",
           0755);
  const std::string zip = shipment.name + "-lambda.zip";
  constexpr double kMostUnpacked = 250 * 1024 * 1024.0;
  double unpacked = 0;
  for (const auto& [path, file] : tree.files()) unpacked += static_cast<double>(file.size());
  if (unpacked > kMostUnpacked) {
    throw Error(ErrorKind::bad_input,
                "the function would have " + with_commas(static_cast<std::size_t>(unpacked / 1e6)) +
                    " MB unpacked; Lambda allows 250 MiB",
                "--for lambda",
                "use a smaller model, or --for oci and a service that runs containers");
  }
  const std::string packed = zip_of(tree);
  out.write(zip, packed);
  out.write("template.yaml", filled(R"(AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Description: Vitrine serves @NAME@
Resources:
  Model:
    Type: AWS::Serverless::Function
    Properties:
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
      first.task == "image" ? "'{\"image\": \"'\"$(base64 -w0 photo.jpg)\"'\"}'"
      : first.task == "table"
          ? shell_line({to_text(Json{{"customer", first.example}})})
          : shell_line(
                {R"({"version": "2.0", "rawPath": "/v2/models", "requestContext": {"http": {"method": "GET"}}})"});
  out.write(
      "README.md",
      readme_of(shipment, R"(# @NAME@ on AWS Lambda

```sh
sam deploy --guided --template-file template.yaml
```

or without SAM:

```sh
aws lambda create-function --function-name @NAME@ --runtime provided.al2023 --architectures x86_64 \
  --handler bootstrap --zip-file fileb://@ZIP@ --memory-size @MEMORY@ --timeout 30 --role ROLE_ARN
aws lambda wait function-active-v2 --function-name @NAME@
aws lambda invoke --function-name @NAME@ --cli-binary-format raw-in-base64-out \
  --payload @PAYLOAD@ answer.json
```

@MODELS@
| Event | Result |
|---|---|
| `{"customer": {...}}`, `{"customers": [...]}`, `{"image": "<base64>"}`, with `"model": NAME` if there are several models | the response of `POST /predict`; an error is an error of the function |
| from a function URL, API Gateway (HTTP and REST) or a load balancer | the whole HTTP API: `/ping`, `/predict`, `/models`, `/v2`, the web page |

The function URL of the template requires AWS signatures:

```sh
curl --aws-sigv4 "aws:amz:$AWS_REGION:lambda" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
  -H "x-amz-security-token: $AWS_SESSION_TOKEN" "$URL/ping"
```

Lambda gives one core to 1,769 MB of memory. An event has at most 6 MB, so a photo has at most about 4.4 MB.@LARGE@
)",
                {{"ZIP", zip},
                 {"MEMORY", shipment.of_photos ? "1769" : "512"},
                 {"PAYLOAD", payload},
                 {"LARGE", packed.size() > 50'000'000
                               ? " The zip is larger than the 50 MB that can be uploaded directly: "
                                 "put it into S3 and use `--code S3Bucket=...,S3Key=...`."
                               : ""}}));
}

}  // namespace vitrine::package
