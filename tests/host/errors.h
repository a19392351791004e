// Error codes of the MongoDB protocol that this server uses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bson.h"

namespace host {

enum class Code : std::int32_t {
    kBadValue = 2,
    kUnauthorized = 13,
    kTypeMismatch = 14,
    kProtocolError = 17,
    kAuthenticationFailed = 18,
    kIllegalOperation = 20,
    kCommandNotFound = 59,
    kInvalidOptions = 72,
    kInvalidNamespace = 73,
    kExceededMemoryLimit = 146,
    kMechanismUnavailable = 334,
    kUnsupportedOpQueryCommand = 352,
    kInternalError = 1,
    kBsonObjectTooLarge = 10334,
    kDuplicateKey = 11000,
};

std::string_view code_name(Code code);

struct CommandError {
    Code code = Code::kInternalError;
    std::string message;
};

// What a command came to: nothing, or the error to answer with.
using Outcome = std::optional<CommandError>;

// {ok: 0, errmsg, code, codeName}
Doc error_reply(const CommandError& error);

}  // namespace host
