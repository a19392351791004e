#include "wire.h"

#include "bytes.h"

namespace host {
namespace {

constexpr std::int32_t kOpReply = 1;
constexpr std::int32_t kOpQuery = 2004;
constexpr std::int32_t kOpMsg = 2013;

constexpr std::uint32_t kChecksumPresent = 1U << 0;
constexpr std::uint32_t kMoreToCome = 1U << 1;
constexpr std::uint32_t kRequiredBits = 0xFFFFU;
constexpr std::size_t kChecksumSize = 4;

// Takes pieces off the front of a message; once something is missing, nothing more comes.
class Reader {
 public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    bool failed() const { return failed_; }
    bool at_end() const { return rest_.empty(); }

    std::string_view take(std::size_t count) {
        if (failed_ || count > rest_.size()) {
            failed_ = true;
            return {};
        }
        const std::string_view piece = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return piece;
    }

    std::uint32_t u32() {
        const std::string_view piece = take(4);
        return failed_ ? 0 : read_u32(piece);
    }

    std::string_view cstring() {
        const std::size_t end = rest_.find('\0');
        if (end == std::string_view::npos) failed_ = true;
        const std::string_view text = take(failed_ ? 0 : end);
        take(1);
        return text;
    }

    DocView document() {
        const auto found = failed_ ? std::nullopt : DocView::check(rest_);
        if (!found) {
            failed_ = true;
            return {};
        }
        take(found->bytes().size());
        return *found;
    }

 private:
    std::string_view rest_;
    bool failed_ = false;
};

std::string read_sequence(Reader& reader, Request& request) {
    const std::uint32_t size = reader.u32();
    if (reader.failed() || size < sizeof size) return "bad section size";
    Reader inner(reader.take(size - sizeof size));
    if (reader.failed()) return "section reaches beyond the message";
    Sequence sequence;
    sequence.name = inner.cstring();
    while (!inner.failed() && !inner.at_end()) sequence.documents.push_back(inner.document());
    if (inner.failed()) return "malformed document sequence";
    for (const Sequence& other : request.sequences) {
        if (other.name == sequence.name) return "document sequence given twice";
    }
    request.sequences.push_back(std::move(sequence));
    return {};
}

std::string parse_msg(Request& request, std::string_view bytes) {
    Reader flags_reader(bytes);
    const std::uint32_t flags = flags_reader.u32();
    if (flags_reader.failed()) return "no flags";
    if ((flags & kRequiredBits & ~(kChecksumPresent | kMoreToCome)) != 0) return "unknown flags";
    request.wants_reply = (flags & kMoreToCome) == 0;
    bytes.remove_prefix(sizeof flags);
    if ((flags & kChecksumPresent) != 0) {
        // Not verified: TCP and TLS have checksums of their own, and no driver sends one.
        if (bytes.size() < kChecksumSize) return "no checksum";
        bytes.remove_suffix(kChecksumSize);
    }

    Reader reader(bytes);
    bool has_body = false;
    while (!reader.at_end()) {
        const std::string_view kind = reader.take(1);
        if (kind[0] == 0) {
            if (has_body) return "two bodies";
            has_body = true;
            request.body = reader.document();
            if (reader.failed()) return "malformed body";
        } else if (kind[0] == 1) {
            if (std::string why = read_sequence(reader, request); !why.empty()) return why;
        } else {
            return "unknown kind of section";
        }
    }
    if (!has_body) return "no body";
    for (const Sequence& sequence : request.sequences) {
        if (request.body.find(sequence.name)) return "field given twice";
    }
    const auto database = request.body.find("$db");
    if (!database || !database->text() || database->text()->empty()) return "no $db";
    request.database = *database->text();
    return {};
}

std::string parse_query(Request& request, std::string_view bytes) {
    constexpr std::string_view kCommandCollection = ".$cmd";
    Reader reader(bytes);
    reader.u32();  // flags
    const std::string_view collection = reader.cstring();
    reader.u32();  // to skip
    reader.u32();  // to return
    request.body = reader.document();
    if (!reader.failed() && !reader.at_end()) reader.document();  // projection
    if (reader.failed() || !reader.at_end()) return "malformed OP_QUERY";
    request.legacy = true;
    const std::size_t dot = collection.find('.');
    if (dot == 0 || dot == std::string_view::npos || collection.substr(dot) != kCommandCollection) {
        return "OP_QUERY on something else than $cmd";
    }
    request.database = collection.substr(0, dot);
    // Some drivers wrap the command to send a read preference along.
    const auto first = request.body.first();
    if (first && (first->key() == "$query" || first->key() == "query")) {
        if (const auto inner = first->document()) request.body = *inner;
    }
    return {};
}

}  // namespace

Header parse_header(std::string_view bytes) {
    Reader reader(bytes);
    Header header;
    header.length = static_cast<std::int32_t>(reader.u32());
    header.request_id = static_cast<std::int32_t>(reader.u32());
    header.response_to = static_cast<std::int32_t>(reader.u32());
    header.op_code = static_cast<std::int32_t>(reader.u32());
    return header;
}

std::string parse_request(Request& request) {
    const std::string_view message = request.message;
    if (message.size() < kHeaderSize) return "no header";
    request.header = parse_header(message);
    const std::string_view rest = message.substr(kHeaderSize);
    std::string why;
    if (request.header.op_code == kOpMsg) {
        why = parse_msg(request, rest);
    } else if (request.header.op_code == kOpQuery) {
        why = parse_query(request, rest);
    } else {
        why = "unsupported op code " + std::to_string(request.header.op_code);
    }
    if (!why.empty()) return why;
    const auto first = request.body.first();
    if (!first) return "empty command";
    request.command = first->key();
    return {};
}

std::string encode_reply(const Request& request, std::int32_t id, const Doc& reply) {
    const std::string_view body = reply.view().bytes();
    std::string rest;
    if (request.legacy) {
        append_u32(rest, 0U);  // flags
        append_u32(rest, 0U);  // cursor id, two words
        append_u32(rest, 0U);
        append_u32(rest, 0U);  // starting from
        append_u32(rest, 1U);  // documents
    } else {
        append_u32(rest, 0U);  // flags
        rest.push_back('\0');
    }
    std::string out;
    out.reserve(kHeaderSize + rest.size() + body.size());
    append_u32(out, static_cast<std::uint32_t>(kHeaderSize + rest.size() + body.size()));
    append_u32(out, static_cast<std::uint32_t>(id));
    append_u32(out, static_cast<std::uint32_t>(request.header.request_id));
    append_u32(out, static_cast<std::uint32_t>(request.legacy ? kOpReply : kOpMsg));
    return out.append(rest).append(body);
}

}  // namespace host
