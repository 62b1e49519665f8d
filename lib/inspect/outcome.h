// What became of one option of a socket, and what is done with it on the way.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "option/grant.h"

namespace sockbox::net {

// What is done with an option on the way.
struct WorkOptions {
    bool all = false;      // a dump keeps what cannot be read, with the reason
    bool force = false;    // buffers beyond their limits
    bool diff = false;     // a dump keeps only what is not a new socket's default
    bool story = false;    // tells more about buffers
    bool compare = false;  // a dump looks at the defaults, for Outcome::usual
};

struct Change {
    OptionValue asked;
    std::optional<OptionValue> before;  // none of an option that cannot be read
    Grant grant;
};

struct Outcome {
    Option option;
    Result<OptionValue> value;           // as it is now
    std::optional<Change> change;        // of an option that was set
    std::vector<std::string> story;      // more about the value, where that was asked for
    bool of_other_namespace = false;     // interfaces have other names and numbers there
    bool compared = false;               // with a new socket of its kind:
    const OptionValue* usual = nullptr;  // what that has; none where it is the same
    // Of a dump: where a teller may keep the text it made of this outcome, to use it again for the
    // next socket. Whoever changes anything of the outcome empties it.
    std::string* told = nullptr;

    bool failed() const { return !value && !change; }
};

}  // namespace sockbox::net
