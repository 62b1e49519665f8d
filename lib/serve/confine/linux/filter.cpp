// The filter of seccomp(2): built by libseccomp, loaded for all threads.
#include "serve/confine/linux/filter.h"

#include <cerrno>
#include <memory>

#include "system/memory.h"

namespace sockbox::serve {
namespace {

struct Release {
    void operator()(void* filter) const noexcept { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

net::Status failure(int error, std::string_view what = {}) {
    return net::fail({{error, std::system_category()}, "seccomp", std::string(what), {}, {}});
}

// Several times what building the filter needs: if memory runs out, libseccomp 2.5 crashes while it
// frees its own tree.
constexpr std::size_t room_for_filter = 1024 * 1024;  // bytes

}  // namespace

void FilterRules::add(std::uint32_t action, int call,
                      std::initializer_list<scmp_arg_cmp> conditions) {
    const int rc = ::seccomp_rule_add_array(
        filter_, action, call, static_cast<unsigned>(conditions.size()), conditions.begin());
    if (rc != 0 && rc != -EDOM && error_ == 0)
        error_ = -rc;
}

net::Status load_filter(std::uint32_t usual, const std::function<void(FilterRules&)>& add_rules) {
    if (!net::allocate_pages(room_for_filter))
        return failure(ENOMEM);
    const Filter filter(::seccomp_init(usual));
    if (!filter)
        return failure(ENOMEM);
    // Apply it to existing threads, too.
    if (const int rc = ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1); rc != 0)
        return failure(-rc, "for all threads");
    // A binary tree of comparisons instead of a list.
    ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    FilterRules rules(filter.get());
    add_rules(rules);
    if (rules.error() != 0)
        return failure(rules.error());
    // ECANCELED, or ESRCH: a thread has a filter that this one does not have.
    if (const int rc = ::seccomp_load(filter.get()); rc != 0)
        return failure(rc == -ESRCH ? ECANCELED : -rc, "for all threads");
    return {};
}

}  // namespace sockbox::serve
