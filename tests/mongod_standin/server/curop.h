// Stand-in: what the server shows of an operation.
#pragma once

#include <cstdlib>
#include <mutex>

#include "bson.h"
#include "service.h"

namespace mongo {

// Proves that a lock is held.
class WithLock {
 public:
    template <class Mutex>
    WithLock(const std::lock_guard<Mutex>& /*lock*/) {}
};

class CurOp {
 public:
    explicit CurOp(Client* client, BSONObj description)
        : client_(client), description_(std::move(description)) {}

    static CurOp* get(const OperationContext* opCtx) { return opCtx->standinCurOp(); }
    BSONObj opDescription() const { return description_; }
#if STANDIN_LINE < 800
    void setOpDescription_inlock(const BSONObj& description) {
#else
    void setOpDescription(WithLock /*lock*/, const BSONObj& description) {
#endif
        if (!client_->standinIsLocked()) std::abort();
        description_ = description;
    }

 private:
    Client* client_;
    BSONObj description_;
};

}  // namespace mongo
