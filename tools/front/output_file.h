// What the name of an output file leads to, as each system has it: for whole_file.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "system/result.h"

namespace sockbox::tools {

// A file that can be replaced, or something else that can be written. Removes what is unfinished.
class OutputFile {
  public:
    // Follows the links of a path. Fails with a code alone, such as if it is a directory.
    static net::Result<std::unique_ptr<OutputFile>> find(const std::string& path);
    virtual ~OutputFile() = default;

    virtual bool is_regular() const = 0;   // or does not exist yet; prepare() may change it
    virtual bool is_standard() const = 0;  // standard output
    virtual bool is_link() const = 0;

    // Writes the new content beside a regular file, and opens anything else.
    virtual std::error_code prepare(std::string_view content) = 0;
    // Puts the new content in place of a regular file.
    virtual std::error_code replace() = 0;
    // Writes to anything else but standard output.
    virtual std::error_code write(std::string_view content) = 0;

    // After replace(): whether the file is still there, and nobody has replaced it or written
    // something else into it.
    virtual bool is_in_place(std::string_view content) const = 0;
    virtual std::error_code remove() = 0;
    virtual std::error_code empty() = 0;
};

}  // namespace sockbox::tools
