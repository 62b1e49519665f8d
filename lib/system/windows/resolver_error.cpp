// The EAI_ codes of Windows, which are Winsock codes.
#include "system/resolver_error.h"

#include <array>
#include <string>

#include "system/platform.h"

namespace sockbox::net {
namespace {

struct ResolverCode {
    int code;
    std::string_view symbol;
    const char* text;
};
constexpr std::array<ResolverCode, 9> rows{{
    {EAI_BADFLAGS, "EAI_BADFLAGS", "Bad value for ai_flags"},
    {EAI_NONAME, "EAI_NONAME", "Name or service not known"},
    {EAI_AGAIN, "EAI_AGAIN", "Temporary failure in name resolution"},
    {EAI_FAIL, "EAI_FAIL", "Non-recoverable failure in name resolution"},
    {WSANO_DATA, "EAI_NODATA", "No address associated with hostname"},
    {EAI_FAMILY, "EAI_FAMILY", "ai_family not supported"},
    {EAI_SOCKTYPE, "EAI_SOCKTYPE", "ai_socktype not supported"},
    {EAI_SERVICE, "EAI_SERVICE", "Servname not supported for ai_socktype"},
    {EAI_MEMORY, "EAI_MEMORY", "Memory allocation failure"},
}};

const ResolverCode* row_of(int code) noexcept {
    for (const ResolverCode& row : rows)
        if (row.code == code)
            return &row;
    return nullptr;
}

class ResolverCategory final : public std::error_category {
  public:
    const char* name() const noexcept override { return "resolver"; }
    std::string message(int code) const override {
        const ResolverCode* row = row_of(code);
        return row != nullptr ? row->text : "Resolver error " + std::to_string(code);
    }
};

}  // namespace

const std::error_category& resolver_category() noexcept {
    static const ResolverCategory category;
    return category;
}

std::string_view resolver_symbol(int code) noexcept {
    const ResolverCode* row = row_of(code);
    return row != nullptr ? row->symbol : std::string_view();
}

}  // namespace sockbox::net
