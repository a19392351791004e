#include "sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <ctime>

#include "base64.h"
#include "host.h"
#include "request.h"

namespace bench {

namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

// Where the plugin puts them into server-first: {s: 64 bytes, h: string}.
constexpr std::size_t nonce_at = 12;
constexpr std::size_t nonce_length = 64;
constexpr std::size_t host_at = nonce_at + nonce_length + 7;

std::string hex(const Digest& digest) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

Digest sha256(std::string_view text) {
    Digest digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return digest;
}

Digest hmac(const void* key, std::size_t key_length, std::string_view text) {
    Digest digest{};
    HMAC(EVP_sha256(), key, static_cast<int>(key_length),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), nullptr);
    return digest;
}

Digest hmac(const Digest& key, std::string_view text) {
    return hmac(key.data(), key.size(), text);
}

std::string now() {
    const std::time_t time = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

}  // namespace

std::string signed_second(const Credentials& credentials, std::string_view server_first) {
    const std::string nonce = base64(server_first.substr(nonce_at, nonce_length));
    const std::string_view host = server_first.substr(host_at, server_first.size() - host_at - 2);
    const std::string date = now();
    const std::string day = date.substr(0, 8);
    const std::string scope = day + "/us-east-1/sts/aws4_request";
    std::string names = "content-length;content-type;host;x-amz-date";
    std::string headers = "content-length:" + std::to_string(body.size()) +
                          "\ncontent-type:application/x-www-form-urlencoded\nhost:";
    headers.append(host).append("\nx-amz-date:").append(date).append("\n");
    if (!credentials.token.empty()) {
        names += ";x-amz-security-token";
        headers.append("x-amz-security-token:").append(credentials.token).append("\n");
    }
    names += ";x-mongodb-gs2-cb-flag;x-mongodb-server-nonce";
    headers += "x-mongodb-gs2-cb-flag:n\nx-mongodb-server-nonce:" + nonce + "\n";
    const std::string request = "POST\n/\n\n" + headers + "\n" + names + "\n" + hex(sha256(body));
    const std::string to_sign =
        "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + hex(sha256(request));
    const std::string secret = "AWS4" + std::string(credentials.secret);
    Digest key = hmac(secret.data(), secret.size(), day);
    for (const std::string_view part : {"us-east-1", "sts", "aws4_request"}) key = hmac(key, part);
    std::string authorization = "AWS4-HMAC-SHA256 Credential=";
    authorization.append(credentials.key_id).append("/").append(scope);
    authorization.append(", SignedHeaders=").append(names);
    authorization.append(", Signature=").append(hex(hmac(key, to_sign)));
    return client_second(authorization, date, credentials.token);
}

}  // namespace bench
