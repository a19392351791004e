#include "errors.h"

namespace host {

std::string_view code_name(Code code) {
    switch (code) {
        case Code::kBadValue:
            return "BadValue";
        case Code::kUnauthorized:
            return "Unauthorized";
        case Code::kTypeMismatch:
            return "TypeMismatch";
        case Code::kProtocolError:
            return "ProtocolError";
        case Code::kAuthenticationFailed:
            return "AuthenticationFailed";
        case Code::kIllegalOperation:
            return "IllegalOperation";
        case Code::kCommandNotFound:
            return "CommandNotFound";
        case Code::kInvalidOptions:
            return "InvalidOptions";
        case Code::kInvalidNamespace:
            return "InvalidNamespace";
        case Code::kExceededMemoryLimit:
            return "ExceededMemoryLimit";
        case Code::kMechanismUnavailable:
            return "MechanismUnavailable";
        case Code::kUnsupportedOpQueryCommand:
            return "UnsupportedOpQueryCommand";
        case Code::kBsonObjectTooLarge:
            return "BSONObjectTooLarge";
        case Code::kDuplicateKey:
            return "DuplicateKey";
        case Code::kInternalError:
            break;
    }
    return "InternalError";
}

Doc error_reply(const CommandError& error) {
    Doc reply;
    reply.number("ok", 0)
        .text("errmsg", error.message)
        .integer("code", static_cast<std::int32_t>(error.code))
        .text("codeName", code_name(error.code));
    return reply;
}

}  // namespace host
