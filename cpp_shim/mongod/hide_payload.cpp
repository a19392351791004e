#include "mongo/db/auth/aws_auth/hide_payload.h"

#include <mutex>
#include <string_view>

#include "mongo/bson/bsonobjbuilder.h"
#include "mongo/db/auth/aws_auth/compat.h"
#include "mongo/db/client.h"
#include "mongo/db/curop.h"

namespace mongo {
namespace awsauth {
namespace {

constexpr const char* kPayload = "payload";

BSONObj withoutPayload(const BSONObj& description) {
    BSONObjBuilder builder;
    for (const BSONElement& element : description) {
        if (viewOf(element.fieldNameStringData()) == kPayload) {
            builder.append(kPayload, "xxx");
        } else {
            builder.append(element);
        }
    }
    return builder.obj();
}

}  // namespace

HiddenPayload::HiddenPayload(OperationContext* opCtx) : shown_(CurOp::get(opCtx)->opDescription()) {
    if (!shown_.hasField(kPayload)) return;
    const BSONObj hidden = withoutPayload(shown_);
    const std::lock_guard<Client> lock(*opCtx->getClient());  // NOLINT
    setOpDescription(*CurOp::get(opCtx), lock, hidden);
}

}  // namespace awsauth
}  // namespace mongo
