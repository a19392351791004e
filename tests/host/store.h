// The databases: documents in memory, just enough to see who may read and write.
#pragma once

#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "bson.h"

namespace host {

constexpr std::int32_t kMaxDocumentSize = 16 * 1024 * 1024;

// [any thread]
class Store {
 public:
    enum class Insert { kDone, kDuplicateId, kTooLarge, kFull };
    enum class Find { kDone, kTooLarge };

    struct Database {
        std::string name;
        std::uint64_t bytes = 0;
    };

    // Adds an _id where there is none, as the first field.
    Insert insert(std::string_view database, std::string_view collection, DocView document);

    // Appends copies of the documents whose fields equal those of `filter`. A limit of 0 is none.
    // kTooLarge: they do not fit into one batch.
    Find find(std::string_view database, std::string_view collection, DocView filter,
              std::uint64_t skip, std::uint64_t limit, std::vector<std::string>& found) const;

    std::vector<Database> databases() const;

 private:
    struct Collection {
        std::vector<std::string> documents;
        std::unordered_set<std::string> ids;
    };
    using Collections = std::map<std::string, Collection, std::less<>>;

    mutable std::shared_mutex mutex_;
    std::map<std::string, Collections, std::less<>> databases_;
    std::uint64_t bytes_ = 0;
};

}  // namespace host
