// Stand-in: the structured log of 4.4 and later. As there it is read once in a source, after the
// component is defined.
#if defined(STANDIN_LOG_V2)
#error "the log's header is included a second time"
#endif
#define STANDIN_LOG_V2
#if !defined(MONGO_LOGV2_DEFAULT_COMPONENT)
#error "the log's header requires MONGO_LOGV2_DEFAULT_COMPONENT to be defined"
#endif

#include <initializer_list>
#include <sstream>
#include <string>

#include "log_store.h"
#include "thread_name.h"

namespace mongo {
namespace logv2 {

enum class LogComponent { kAccessControl };

class LogSeverity {
 public:
    static LogSeverity Debug(int /*level*/) { return {}; }
};

inline bool shouldLog(LogComponent /*component*/, LogSeverity /*severity*/) {
    return standin::theLog.debug;
}

struct Attribute {
    std::string text;
};

struct AttributeName {
    const char* name;
    template <class T>
    Attribute operator=(const T& value) const {
        std::ostringstream text;
        text << ' ' << name << ":\"" << value << '"';
        return {text.str()};
    }
};

inline void write(standin::Severity severity, LogComponent /*component*/, int id,
                  std::string message, std::initializer_list<Attribute> attributes) {
    if (severity == standin::Severity::kDebug && !standin::theLog.debug) return;
    for (const Attribute& attribute : attributes) message += attribute.text;
    standin::theLog.write(severity, message + " id:" + std::to_string(id), standinThreadName());
}

}  // namespace logv2

inline logv2::AttributeName operator""_attr(const char* name, std::size_t /*size*/) {
    return {name};
}

}  // namespace mongo

#define STANDIN_LOG(SEVERITY, ID, MESSAGE, ...)                                             \
    ::mongo::logv2::write(::standin::Severity::SEVERITY, MONGO_LOGV2_DEFAULT_COMPONENT, ID, \
                          MESSAGE, {__VA_ARGS__})
#define LOGV2(ID, MESSAGE, ...) STANDIN_LOG(kInfo, ID, MESSAGE, __VA_ARGS__)
#define LOGV2_WARNING(ID, MESSAGE, ...) STANDIN_LOG(kWarning, ID, MESSAGE, __VA_ARGS__)
#define LOGV2_ERROR(ID, MESSAGE, ...) STANDIN_LOG(kError, ID, MESSAGE, __VA_ARGS__)
#define LOGV2_DEBUG(ID, LEVEL, MESSAGE, ...) STANDIN_LOG(kDebug, ID, MESSAGE, __VA_ARGS__)
