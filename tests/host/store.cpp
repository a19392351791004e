#include "store.h"

#include <mutex>

namespace host {
namespace {

// All documents together; this store is for tests, and must not eat the machine.
constexpr std::uint64_t kCapacity = 256ULL * 1024 * 1024;

// The bytes are those of a document that was checked before it was stored.
bool matches(DocView document, DocView filter) {
    for (const Field& wanted : filter.fields()) {
        const auto field = document.find(wanted.key());
        if (!field || !field->equals(wanted)) return false;
    }
    return true;
}

}  // namespace

Store::Insert Store::insert(std::string_view database, std::string_view collection,
                            DocView document) {
    Doc with_id;
    if (!document.find("_id")) with_id.new_object_id("_id");
    with_id.all_of(document);
    std::string bytes(with_id.view().bytes());
    if (!with_id.ok() || bytes.size() > kMaxDocumentSize) return Insert::kTooLarge;

    std::string id = with_id.view().find("_id")->identity();

    const std::unique_lock<std::shared_mutex> lock(mutex_);
    if (bytes_ + bytes.size() > kCapacity) return Insert::kFull;
    Collection& target = databases_[std::string(database)][std::string(collection)];
    if (!target.ids.insert(std::move(id)).second) return Insert::kDuplicateId;
    bytes_ += bytes.size();
    target.documents.push_back(std::move(bytes));
    return Insert::kDone;
}

Store::Find Store::find(std::string_view database, std::string_view collection, DocView filter,
                        std::uint64_t skip, std::uint64_t limit,
                        std::vector<std::string>& found) const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    const auto db = databases_.find(database);
    if (db == databases_.end()) return Find::kDone;
    const auto documents = db->second.find(collection);
    if (documents == db->second.end()) return Find::kDone;
    std::size_t total = 0;
    for (const std::string& bytes : documents->second.documents) {
        if (!matches(DocView::trusted(bytes), filter)) continue;
        if (skip > 0) {
            --skip;
            continue;
        }
        total += bytes.size();
        if (total > kMaxDocumentSize) return Find::kTooLarge;
        found.push_back(bytes);
        if (limit != 0 && found.size() == limit) break;
    }
    return Find::kDone;
}

std::vector<Store::Database> Store::databases() const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    std::vector<Database> all;
    for (const auto& [name, collections] : databases_) {
        Database database{name, 0};
        for (const auto& [name_of, collection] : collections) {
            for (const std::string& bytes : collection.documents) database.bytes += bytes.size();
        }
        all.push_back(std::move(database));
    }
    return all;
}

}  // namespace host
