// The EAI_ codes of glibc (gai_strerror(3)).
#include <netdb.h>

#include <array>

#include "system/resolver_error.h"

namespace sockbox::net {
namespace {

struct ResolverCode {
    int code;
    std::string_view symbol;
};
constexpr std::array<ResolverCode, 12> rows{{{EAI_BADFLAGS, "EAI_BADFLAGS"},
                                             {EAI_NONAME, "EAI_NONAME"},
                                             {EAI_AGAIN, "EAI_AGAIN"},
                                             {EAI_FAIL, "EAI_FAIL"},
                                             {EAI_NODATA, "EAI_NODATA"},
                                             {EAI_FAMILY, "EAI_FAMILY"},
                                             {EAI_SOCKTYPE, "EAI_SOCKTYPE"},
                                             {EAI_SERVICE, "EAI_SERVICE"},
                                             {EAI_ADDRFAMILY, "EAI_ADDRFAMILY"},
                                             {EAI_MEMORY, "EAI_MEMORY"},
                                             {EAI_OVERFLOW, "EAI_OVERFLOW"},
                                             {EAI_IDN_ENCODE, "EAI_IDN_ENCODE"}}};

class ResolverCategory final : public std::error_category {
  public:
    const char* name() const noexcept override { return "resolver"; }
    std::string message(int code) const override { return ::gai_strerror(code); }
};

}  // namespace

const std::error_category& resolver_category() noexcept {
    static const ResolverCategory category;
    return category;
}

std::string_view resolver_symbol(int code) noexcept {
    for (const ResolverCode& row : rows)
        if (row.code == code)
            return row.symbol;
    return {};
}

}  // namespace sockbox::net
