// The wait that gives a status is for the operation's own use.
#include "mongo/db/operation_context.h"
#include "mongo/stdx/condition_variable.h"

void wait(mongo::OperationContext* opCtx, mongo::stdx::condition_variable& condition,
          std::unique_lock<std::mutex>& lock) {
#if defined(FAULT)
    static_cast<void>(opCtx->waitForConditionOrInterruptNoAssertUntil(condition, lock));
#else
    opCtx->waitForConditionOrInterrupt(condition, lock, [] { return true; });
#endif
}
