// The client's side of Signature Version 4, as MongoDB drivers sign for STS.
#pragma once

#include <string>
#include <string_view>

namespace bench {

struct Credentials {
    std::string_view key_id;
    std::string_view secret;
    // Of temporary credentials only.
    std::string_view token;
};

// Payload of client-second, honestly signed now, in answer to this payload of server-first.
std::string signed_second(const Credentials& credentials, std::string_view server_first);

}  // namespace bench
