// The MongoDB wire protocol: requests out of bytes, replies into bytes. No sockets here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bson.h"

namespace host {

constexpr std::size_t kHeaderSize = 16;
constexpr std::int32_t kMaxMessageSize = 48'000'000;
// mongod of the newer lines limits strangers too; the largest message of a login is far smaller.
constexpr std::int32_t kMaxMessageSizeBeforeLogin = 1 << 20;

struct Header {
    std::int32_t length = 0;  // of the whole message
    std::int32_t request_id = 0;
    std::int32_t response_to = 0;
    std::int32_t op_code = 0;
};

// `bytes` has kHeaderSize bytes or more.
Header parse_header(std::string_view bytes);

// Documents that travel beside the body (OP_MSG's kind 1) under the name of an array field.
struct Sequence {
    std::string name;
    std::vector<DocView> documents;
};

// One command. Its views point into `message`, which it owns.
struct Request {
    Request() = default;
    Request(const Request&) = delete;  // a copy's views would point into the original
    Request& operator=(const Request&) = delete;
    Request(Request&&) = delete;
    Request& operator=(Request&&) = delete;

    std::string message;
    Header header;
    bool legacy = false;      // OP_QUERY; answered by OP_REPLY
    bool wants_reply = true;  // false after OP_MSG's moreToCome
    std::string_view database;
    std::string_view command;  // the first key of the body
    DocView body;
    std::vector<Sequence> sequences;
};

// Reads request.message, which is one whole message. Empty on success, else why the message is
// malformed; the connection is then closed, because nothing that follows can be trusted.
std::string parse_request(Request& request);

// The reply as a whole message.
std::string encode_reply(const Request& request, std::int32_t id, const Doc& reply);

}  // namespace host
