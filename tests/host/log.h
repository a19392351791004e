// The server's log: one JSON object per line, in ASCII, whatever the bytes that go in.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "maws/plugin.h"
#include "maws/result.h"
#include "maws/trusted_file.h"

namespace host {

// One line. Text may hold any bytes: control characters, non-ASCII characters and what is not
// UTF-8 are escaped, so that nobody can forge a line or steer a terminal.
class LogLine {
 public:
    // Begins with the time (UTC) and the event's name.
    explicit LogLine(std::string_view event);

    LogLine& text(std::string_view key, std::string_view value);
    LogLine& number(std::string_view key, std::uint64_t value);

    std::string finish() &&;

 private:
    void key(std::string_view name);

    std::string line_;
};

// Writes lines to standard error or a file. [any thread]
class Log final : public maws::LogSink {
 public:
    // `level`, one of maws_log_level, is the lowest of the server's own lines. An empty path is
    // standard error.
    static maws::Result<std::shared_ptr<Log>> open(const std::string& path, std::int32_t level);
    Log(maws::FileDescriptor file, std::int32_t level) : file_(std::move(file)), level_(level) {}

    bool wants(std::int32_t level) const { return level >= level_; }
    // Writes in any case; logins are always logged.
    void write(LogLine&& line) noexcept;
    // A line of the server itself.
    void event(std::int32_t level, std::string_view event, std::string_view text) noexcept;
    // A line of the plugin.
    void log(const maws::LogEvent& event) noexcept override;

 private:
    const maws::FileDescriptor file_;
    const std::int32_t level_;
    std::mutex mutex_;  // keeps lines whole when one write takes a line in parts
};

}  // namespace host
