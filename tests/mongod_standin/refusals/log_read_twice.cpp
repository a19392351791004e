// A source reads the log's header once.
#define MONGO_LOGV2_DEFAULT_COMPONENT ::mongo::logv2::LogComponent::kAccessControl
#include "mongo/logv2/log.h"
#if defined(FAULT)
#include "mongo/logv2/log.h"
#endif
