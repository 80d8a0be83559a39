// Implements net/download.h, net/fetch.h and net/post.h with libcurl; the contracts are there.
#pragma once

#include "net/download.h"
#include "net/fetch.h"
#include "net/post.h"

namespace vitrine::curl {

void curl_download(const net::Download& what);
std::string curl_fetch(const std::string& url, const net::FetchPolicy& policy);
bool curl_post(const std::string& url, std::string_view content_type, std::string_view body,
               long seconds);

}  // namespace vitrine::curl
