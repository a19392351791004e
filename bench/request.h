// The request that STS gets, for the programs that send it without the plugin.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

inline constexpr std::string_view body = "Action=GetCallerIdentity&Version=2011-06-15";

// The headers that a MongoDB server puts together from what a client has sent.
inline std::vector<std::pair<std::string, std::string>> request_headers(std::string_view nonce) {
    return {
        {"Content-Length", std::to_string(body.size())},
        {"Content-Type", "application/x-www-form-urlencoded"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/sts/aws4_request, "
         "SignedHeaders=content-length;content-type;host;x-amz-date;x-mongodb-gs2-cb-flag;"
         "x-mongodb-server-nonce, Signature=" +
             std::string(64, '5')},
        {"X-Amz-Date", "20260101T000000Z"},
        {"X-MongoDB-GS2-CB-Flag", "n"},
        {"X-MongoDB-Server-Nonce", std::string(nonce)}};
}

}  // namespace bench
