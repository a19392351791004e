// The newest line has no mutex of its own.
#if defined(FAULT)
#include "mongo/stdx/mutex.h"

mongo::stdx::mutex mutex;
#else
#include <mutex>

std::mutex mutex;
#endif
