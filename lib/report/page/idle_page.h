// The page of a search for the idle timeout of a connection.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace sockbox::report {

struct IdlePage {
    // How long a connection was silent, and what became of it.
    struct Silence {
        unsigned round;
        std::chrono::nanoseconds length;
        bool survived;
        std::string outcome;
    };

    std::string tool;
    std::string target;
    std::vector<std::string> answer{};  // lines; the first one is the heading
    std::vector<Silence> silences{};
    std::vector<std::pair<std::string, std::string>> parameters{};
};

// A page of its own, as to_html() makes for measurements.
std::string to_html(const IdlePage& page);

}  // namespace sockbox::report
