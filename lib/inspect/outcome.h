// The outcome of reading or setting one socket option.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "option/grant.h"

namespace sockbox::net {

// What is read or set, and what is reported about it.
struct WorkOptions {
    bool all = false;           // a dump includes options that cannot be read, with the reason
    bool force = false;         // set buffers beyond the limit (SO_RCVBUFFORCE, SO_SNDBUFFORCE)
    bool diff = false;          // a dump includes only values that differ from a new socket's
    bool buffer_story = false;  // add buffer_story() for buffer sizes
    bool compare = false;       // a dump compares with a new socket, for Outcome::usual
};

// How an option was set.
struct Change {
    OptionValue asked;                  // the value to set
    std::optional<OptionValue> before;  // nullopt if the option cannot be read
    Grant grant;                        // how the value read back relates to it
};

// What became of one option of a socket.
struct Outcome {
    Option option;                          // which was read or set
    Result<OptionValue> value;              // the current value, or why there is none
    std::optional<Change> change;           // present if the option was set
    std::vector<std::string> buffer_story;  // see WorkOptions::buffer_story
    bool of_other_namespace = false;        // interfaces there have other names and indexes
    bool no_effect = false;              // dumps only: the system has it, but this kind ignores it
    bool compared = false;               // whether compared with a new socket of the same kind
    const OptionValue* usual = nullptr;  // the new socket's value if it differs, otherwise null
    // Dumps only: a cache for the text that the caller made from this outcome, which may reuse it
    // while it is not empty. It is cleared whenever the outcome changes.
    std::string* rendered = nullptr;

    // Whether the option could be neither read nor set.
    bool failed() const { return !value && !change; }
};

}  // namespace sockbox::net
