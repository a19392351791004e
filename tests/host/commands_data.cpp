// listDatabases, find, insert.
#include <algorithm>

#include "commands.h"

namespace host {
namespace {

// Names as mongod allows them, so that what works here works there.
bool legal_database(std::string_view name) {
    return !name.empty() && name.size() < 64 &&
           name.find_first_of(std::string_view("/\\. \"$\0", 7)) == std::string_view::npos;
}

bool legal_collection(std::string_view name) {
    return !name.empty() && name.size() < 200 && name.front() != '.' && name.back() != '.' &&
           name.find_first_of(std::string_view("$\0", 2)) == std::string_view::npos;
}

Outcome check_namespace(const Command& command) {
    if (legal_database(command.request.database) && legal_collection(command.collection())) {
        return std::nullopt;
    }
    return CommandError{Code::kInvalidNamespace, "Invalid namespace specified"};
}

std::string full_name(const Command& command) {
    return std::string(command.request.database) + "." + std::string(command.collection());
}

// Equality of top-level fields is all that this server can compare. Anything else is refused
// rather than answered wrongly.
Outcome check_filter(DocView filter) {
    for (const Field& field : filter.fields()) {
        const auto inner = field.document();
        const auto first = inner ? inner->first() : std::nullopt;
        const bool has_operator =
            field.key().substr(0, 1) == "$" || (first && first->key().substr(0, 1) == "$");
        if (has_operator || field.key().find('.') != std::string_view::npos ||
            field.type() == BSON_TYPE_REGEX) {
            return CommandError{Code::kBadValue,
                                "this server compares top-level fields for equality only"};
        }
    }
    return std::nullopt;
}

// The documents to insert, from the body or from beside it. Empty: the request has none.
std::optional<std::vector<DocView>> documents_of(const Request& request) {
    for (const Sequence& sequence : request.sequences) {
        if (sequence.name == "documents") return sequence.documents;
    }
    const auto field = request.body.find("documents");
    const auto array = field ? field->array() : std::nullopt;
    if (!array) return std::nullopt;
    std::vector<DocView> documents;
    for (const Field& element : array->fields()) {
        const auto document = element.document();
        if (!document) return std::nullopt;
        documents.push_back(*document);
    }
    return documents;
}

CommandError insert_error(Store::Insert result, const Command& command) {
    switch (result) {
        case Store::Insert::kDuplicateId:
            return {Code::kDuplicateKey, "E11000 duplicate key error collection: " +
                                             full_name(command) + " index: _id_"};
        case Store::Insert::kTooLarge:
            return {Code::kBsonObjectTooLarge, "object to insert too large"};
        default:
            return {Code::kExceededMemoryLimit, "this server's store is full"};
    }
}

std::optional<std::uint64_t> count_of(const Request& request, std::string_view name) {
    const auto field = request.body.find(name);
    if (!field) return 0;
    const auto value = field->integer();
    if (!value || *value < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
}

}  // namespace

Outcome list_databases(Command& command) {
    if (Outcome error = require_admin_database(command)) return error;
    const auto filter_field = command.request.body.find("filter");
    const DocView filter = filter_field ? filter_field->document().value_or(DocView{}) : DocView{};
    if (Outcome error = check_filter(filter)) return error;
    const auto name_only = command.request.body.find("nameOnly");

    std::vector<Doc> databases;
    std::uint64_t total = 0;
    for (const Store::Database& database : command.services.store.databases()) {
        // As in mongod: whoever may not see all sees those that the roles open.
        if (!command.login.user()->may(Action::kRead, database.name)) continue;
        Doc entry;
        entry.text("name", database.name);
        if (!name_only || !name_only->truthy()) {
            entry.integer64("sizeOnDisk", static_cast<std::int64_t>(database.bytes))
                .boolean("empty", database.bytes == 0);
        }
        const auto fields = filter.fields();
        const bool wanted = std::all_of(fields.begin(), fields.end(), [&](const Field& field) {
            const auto mine = entry.view().find(field.key());
            return mine && mine->equals(field);
        });
        if (!wanted) continue;
        total += database.bytes;
        databases.push_back(std::move(entry));
    }
    command.reply.array("databases", databases);
    if (!name_only || !name_only->truthy()) {
        command.reply.integer64("totalSize", static_cast<std::int64_t>(total));
    }
    return std::nullopt;
}

Outcome find(Command& command) {
    if (Outcome error = require(command, Action::kRead)) return error;
    if (Outcome error = check_namespace(command)) return error;
    const Request& request = command.request;
    for (const std::string_view name : {"sort", "projection"}) {
        const auto field = request.body.find(name);
        if (field && !field->document().value_or(DocView{}).empty()) {
            return CommandError{Code::kBadValue,
                                "this server's find has no '" + std::string(name) + "'"};
        }
    }
    const auto filter_field = request.body.find("filter");
    const auto filter = filter_field ? filter_field->document() : DocView{};
    if (!filter) return CommandError{Code::kTypeMismatch, "filter must be a document"};
    if (Outcome error = check_filter(*filter)) return error;
    const auto limit = count_of(request, "limit");
    const auto skip = count_of(request, "skip");
    if (!limit || !skip) {
        return CommandError{Code::kBadValue, "limit and skip must be whole numbers of at least 0"};
    }

    std::vector<std::string> found;
    if (command.services.store.find(request.database, command.collection(), *filter, *skip, *limit,
                                    found) == Store::Find::kTooLarge) {
        return CommandError{Code::kBsonObjectTooLarge,
                            "the result does not fit into this server's only batch"};
    }
    std::vector<DocView> batch;
    batch.reserve(found.size());
    for (const std::string& bytes : found) batch.push_back(DocView::trusted(bytes));
    Doc cursor;
    cursor.array("firstBatch", batch).integer64("id", 0).text("ns", full_name(command));
    if (!cursor.ok()) {
        return CommandError{Code::kBsonObjectTooLarge, "the result is too large"};
    }
    command.reply.document("cursor", cursor);
    return std::nullopt;
}

Outcome insert(Command& command) {
    if (Outcome error = require(command, Action::kWrite)) return error;
    if (Outcome error = check_namespace(command)) return error;
    const auto documents = documents_of(command.request);
    if (!documents || documents->empty()) {
        return CommandError{Code::kBadValue, "insert needs documents"};
    }
    const auto ordered_field = command.request.body.find("ordered");
    const bool ordered = !ordered_field || ordered_field->truthy();

    std::int32_t inserted = 0;
    std::int32_t index = 0;
    std::vector<Doc> errors;
    for (const DocView& document : *documents) {
        const Store::Insert result =
            command.services.store.insert(command.request.database, command.collection(), document);
        if (result == Store::Insert::kDone) {
            ++inserted;
        } else {
            const CommandError error = insert_error(result, command);
            errors.emplace_back();
            errors.back()
                .integer("index", index)
                .integer("code", static_cast<std::int32_t>(error.code))
                .text("errmsg", error.message);
            if (ordered) break;
        }
        ++index;
    }
    command.reply.integer("n", inserted);
    if (!errors.empty()) command.reply.array("writeErrors", errors);
    return std::nullopt;
}

}  // namespace host
