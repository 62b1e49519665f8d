// Building a seccomp(2) filter with libseccomp.
#pragma once

#include <seccomp.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string_view>

#include "system/result.h"

namespace sockbox::serve {

// Adds rules until one fails; a system call that this architecture does not have is ignored.
class FilterRules {
  public:
    explicit FilterRules(scmp_filter_ctx filter) : filter_(filter) {}

    void allow(std::span<const int> calls) {
        for (const int call : calls)
            add(SCMP_ACT_ALLOW, call, {});
    }
    // Allows a call if all conditions on its arguments hold.
    void allow_where(int call, std::initializer_list<scmp_arg_cmp> conditions) {
        add(SCMP_ACT_ALLOW, call, conditions);
    }
    // Makes a call fail with `error` if all conditions hold.
    void refuse(int call, int error, std::initializer_list<scmp_arg_cmp> conditions = {}) {
        add(SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call, conditions);
    }
    int error() const noexcept { return error_; }

  private:
    void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> conditions);

    scmp_filter_ctx filter_;
    int error_ = 0;
};

// Loads a filter for all threads of the process; `usual` is the action for calls without a rule.
// Fails if a rule could not be added or the system refuses the filter.
net::Status load_filter(std::uint32_t usual, const std::function<void(FilterRules&)>& add_rules);

}  // namespace sockbox::serve
