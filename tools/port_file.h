// The file in which a server leaves its port for those that wait for it.
#pragma once

#include <cstdint>
#include <string>

#include "net/result.h"

namespace sockbox::tools {

// Removes the file at the end, if it wrote one.
class PortFile {
  public:
    PortFile() = default;
    PortFile(const PortFile&) = delete;
    PortFile& operator=(const PortFile&) = delete;
    ~PortFile();

    // Writes the port and an end of line, so that a reader sees all of it or no file.
    net::Status write(const std::string& path, std::uint16_t port);

  private:
    std::string path_;
};

}  // namespace sockbox::tools
