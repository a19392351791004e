// The newer lines want the client's lock shown when an operation's description is set.
#include "mongo/db/curop.h"

void set(mongo::CurOp& operation, const std::lock_guard<mongo::Client>& lock) {
#if defined(FAULT)
    static_cast<void>(lock);
    operation.setOpDescription(mongo::BSONObj());
#else
    operation.setOpDescription(lock, mongo::BSONObj());
#endif
}
