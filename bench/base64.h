#pragma once

#include <openssl/evp.h>

#include <string>
#include <string_view>

namespace bench {

inline std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), from,
                    static_cast<int>(bytes.size()));
    text.pop_back();
    return text;
}

}  // namespace bench
