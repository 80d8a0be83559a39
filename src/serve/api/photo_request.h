// The photos in a request: the raw body, the files of a form, base64 in JSON, or a URL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/fetch.h"

namespace vitrine::serve {

/// The bytes of each photo, at least one: views of `body`, or of `decoded`, which gets decoded
/// base64 or the photo of a URL (from the hosts of `urls`). `type`: the media type in lower case;
/// `content_type`: the header as sent. Throws Error(malformed), Error(bad_input), HttpError(415),
/// or HttpError(503) if too many photos are being fetched.
std::vector<std::string_view> photos_of_request(std::string_view type,
                                                std::string_view content_type,
                                                std::string_view body, const net::FetchPolicy& urls,
                                                std::string& decoded);

/// Throws HttpError(415) for a media type that can't contain a photo.
void check_photo_type(std::string_view type);

}  // namespace vitrine::serve
