// The component is defined before the log's header is read.
#if defined(FAULT)
#include "mongo/logv2/log.h"
#endif
#define MONGO_LOGV2_DEFAULT_COMPONENT ::mongo::logv2::LogComponent::kAccessControl
#if !defined(FAULT)
#include "mongo/logv2/log.h"
#endif
