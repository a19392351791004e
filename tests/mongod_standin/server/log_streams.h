// Stand-in: the log of 4.2.
#pragma once

#include <sstream>
#include <string>

#include "log_store.h"
#include "thread_name.h"

namespace mongo {
namespace logger {

enum class LogComponent { kAccessControl };

class LogSeverity {
 public:
    static LogSeverity Debug(int /*level*/) { return {}; }
};

class LogStream {
 public:
    explicit LogStream(standin::Severity severity) : severity_(severity) {}
    ~LogStream() { standin::theLog.write(severity_, text_.str(), standinThreadName()); }
    LogStream(const LogStream&) = delete;
    LogStream& operator=(const LogStream&) = delete;
    template <class T>
    LogStream& operator<<(const T& value) {
        text_ << value;
        return *this;
    }

 private:
    const standin::Severity severity_;
    std::ostringstream text_;
};

}  // namespace logger

constexpr auto kStandinComponent = MONGO_LOG_DEFAULT_COMPONENT;

inline bool shouldLog(logger::LogComponent /*component*/, logger::LogSeverity /*severity*/) {
    return standin::theLog.debug;
}
inline logger::LogStream log() {
    return logger::LogStream(standin::Severity::kInfo);
}
inline logger::LogStream warning() {
    return logger::LogStream(standin::Severity::kWarning);
}
inline logger::LogStream error() {
    return logger::LogStream(standin::Severity::kError);
}

}  // namespace mongo

#define LOG(LEVEL)                  \
    if (!::standin::theLog.debug) { \
    } else                          \
        ::mongo::logger::LogStream(::standin::Severity::kDebug)
