// Keeps a login's payload out of what the server shows of running and of slow operations.
#pragma once

#include "mongo/bson/bsonobj.h"
#include "mongo/db/operation_context.h"

namespace mongo {
namespace awsauth {

// Puts "xxx" in the place of the operation's payload, as the server itself does in its log: else
// currentOp and the profiler show signature and session token. For the rest of the operation.
class HiddenPayload {
 public:
    explicit HiddenPayload(OperationContext* opCtx);
    HiddenPayload(const HiddenPayload&) = delete;
    HiddenPayload& operator=(const HiddenPayload&) = delete;

 private:
    const BSONObj shown_;  // the step's input may be part of it
};

}  // namespace awsauth
}  // namespace mongo
