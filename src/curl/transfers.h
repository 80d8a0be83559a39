// What net/download.h, net/fetch.h and net/post.h promise, done by libcurl.
#pragma once

#include "net/download.h"
#include "net/fetch.h"
#include "net/post.h"

namespace vitrine {

void curl_download(const Download& what);
std::string curl_fetch(const std::string& url, const FetchPolicy& policy);
bool curl_post(const std::string& url, std::string_view content_type, std::string_view body,
               long seconds);

}  // namespace vitrine
