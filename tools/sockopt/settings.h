// The parsed command line of sockopt.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "inspect/option_reader.h"
#include "tools/front/cli.h"
#include "tools/sockopt/selection.h"

namespace sockbox::tools {

struct SockoptSettings {
    Common common;
    bool values = false;
    bool list = false;
    bool explain = false;
    bool strict = false;
    bool story = false;
    bool watch = false;
    std::chrono::nanoseconds interval{};  // of `watch`
    net::WorkOptions work;
    Selection selection;
    std::vector<std::string> words;
    std::vector<std::string> command;
};

}  // namespace sockbox::tools
