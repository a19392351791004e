// Stand-in: initializers.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "base.h"

namespace mongo {

class InitializerContext {};

#if STANDIN_LINE < 500
using InitializerFunction = std::function<Status(InitializerContext*)>;
#define STANDIN_INITIALIZER_RESULT ::mongo::Status
#else
using InitializerFunction = std::function<void(InitializerContext*)>;
#define STANDIN_INITIALIZER_RESULT void
#endif

inline std::vector<InitializerFunction>& standinInitializers() {
    static std::vector<InitializerFunction> all;
    return all;
}

struct StandinInitializer {
    explicit StandinInitializer(InitializerFunction function) {
        standinInitializers().push_back(std::move(function));
    }
};

#define MONGO_INITIALIZER(NAME)                                                          \
    STANDIN_INITIALIZER_RESULT standinInitializer##NAME(::mongo::InitializerContext*);   \
    const ::mongo::StandinInitializer standinRegistered##NAME{standinInitializer##NAME}; \
    STANDIN_INITIALIZER_RESULT standinInitializer##NAME

}  // namespace mongo
