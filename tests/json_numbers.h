// Extracts numbers from a line of JSON.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace sockbox::test {

// The first member with this name after the first occurrence of `behind`; fails the test if there
// is none.
inline double number_in(const std::string& json, const std::string& name,
                        const std::string& behind = {}) {
    const std::size_t from = behind.empty() ? 0 : json.find('"' + behind + "\":");
    const std::size_t at = from == json.npos ? from : json.find('"' + name + "\":", from);
    EXPECT_NE(at, json.npos) << name << " is missing: " << json;
    return at == json.npos ? -1 : std::strtod(json.c_str() + at + name.size() + 3, nullptr);
}

}  // namespace sockbox::test
