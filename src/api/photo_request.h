// The photos in a request: the raw body, a form's files, or base64 in JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/fetch.h"

namespace vitrine {

/// The bytes of each photo, one at least: parts of `body`, or `decoded`, which base64 is read
/// into; `{"url": ...}` is fetched from the hosts of `urls`. `type` is the media type in lower
/// case, `content_type` the header as sent. Throws Error(malformed), Error(bad_input) or
/// HttpError(415).
std::vector<std::string_view> photos_of_request(std::string_view type,
                                                std::string_view content_type,
                                                std::string_view body, const FetchPolicy& urls,
                                                std::string& decoded);

/// Throws HttpError(415) for a media type that holds no photo.
void check_photo_type(std::string_view type);

}  // namespace vitrine
