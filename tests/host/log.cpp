#include "log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <system_error>

#include "maws/status.h"
#include "messages.h"

namespace host {
namespace {

void append_escape(std::string& out, std::uint32_t unit) {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "\\u%04x", unit & 0xFFFFU);
    out += buffer;
}

void append_code_point(std::string& out, std::uint32_t code) {
    if (code >= 0x10000) {
        append_escape(out, 0xD800U + ((code - 0x10000U) >> 10U));
        append_escape(out, 0xDC00U + ((code - 0x10000U) & 0x3FFU));
    } else {
        append_escape(out, code);
    }
}

// Decodes the character at the front of `text`, which is not ASCII. 0 if it is not valid UTF-8.
std::uint32_t decode(std::string_view text, std::size_t& length) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint32_t lead = at(0);
    std::uint32_t least = 0;
    std::uint32_t code = 0;
    if ((lead & 0xE0U) == 0xC0U) {
        length = 2, least = 0x80, code = lead & 0x1FU;
    } else if ((lead & 0xF0U) == 0xE0U) {
        length = 3, least = 0x800, code = lead & 0x0FU;
    } else if ((lead & 0xF8U) == 0xF0U) {
        length = 4, least = 0x10000, code = lead & 0x07U;
    } else {
        return 0;
    }
    if (length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xC0U) != 0x80U) return 0;
        code = (code << 6U) | (at(i) & 0x3FU);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < least || code > 0x10FFFF || surrogate ? 0 : code;
}

void append_json(std::string& out, std::string_view text) {
    constexpr std::uint32_t kReplacement = 0xFFFD;
    out += '"';
    while (!text.empty()) {
        const auto byte = static_cast<std::uint8_t>(text.front());
        std::size_t length = 1;
        if (byte == '"' || byte == '\\') {
            out += '\\';
            out += text.front();
        } else if (byte >= 0x20 && byte < 0x7F) {
            out += text.front();
        } else if (byte < 0x80) {
            append_escape(out, byte);
        } else {
            const std::uint32_t code = decode(text, length);
            if (code == 0) length = 1;
            append_code_point(out, code == 0 ? kReplacement : code);
        }
        text.remove_prefix(length);
    }
    out += '"';
}

std::string utc_now() {
    const auto now = std::chrono::system_clock::now();
    const auto since_epoch = now.time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char date[32];
    const std::size_t length = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    char fraction[8];
    std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(ms % 1000));
    return std::string(date, length) + fraction;
}

}  // namespace

LogLine::LogLine(std::string_view event) : line_("{\"t\":\"" + utc_now() + "\"") {
    text("event", event);
}

void LogLine::key(std::string_view name) {
    line_ += ',';
    append_json(line_, name);
    line_ += ':';
}

LogLine& LogLine::text(std::string_view name, std::string_view value) {
    key(name);
    append_json(line_, value);
    return *this;
}

LogLine& LogLine::number(std::string_view name, std::uint64_t value) {
    key(name);
    line_ += std::to_string(value);
    return *this;
}

std::string LogLine::finish() && {
    return std::move(line_) + "}\n";
}

maws::Result<std::shared_ptr<Log>> Log::open(const std::string& path, std::int32_t level) {
    maws::FileDescriptor file(
        path.empty() ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
                     : ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!file.valid()) {
        return maws::make_error<messages::kNoLogFile>(MAWS_E_SYSTEM, path,
                                                      std::generic_category().message(errno));
    }
    return std::make_shared<Log>(std::move(file), level);
}

void Log::write(LogLine&& line) noexcept {
    try {
        const std::string bytes = std::move(line).finish();
        std::string_view rest = bytes;
        const std::lock_guard<std::mutex> lock(mutex_);
        while (!rest.empty()) {
            const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return;  // nowhere is left to report it
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
    } catch (const std::exception&) {
        // Out of memory: the line is lost, the server goes on.
    }
}

void Log::event(std::int32_t level, std::string_view event, std::string_view text) noexcept {
    if (!wants(level)) return;
    try {
        write(std::move(LogLine(event).text("level", maws::level_name(level)).text("text", text)));
    } catch (const std::exception&) {
    }
}

void Log::log(const maws::LogEvent& event) noexcept {
    try {
        write(std::move(LogLine("plugin")
                            .text("level", maws::level_name(event.level))
                            .number("id", event.message_id)
                            .number("logId", event.log_id)
                            .text("text", event.text)));
    } catch (const std::exception&) {
    }
}

}  // namespace host
