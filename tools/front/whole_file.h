// Writing a file as a whole, and the port file of a server.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "system/result.h"
#include "tools/front/io.h"

namespace sockbox::tools {

class OutputFile;

// The content of an option's output file. A regular file is replaced atomically: a reader sees
// either the old or the complete new content. The new content is written to a file of a unique name
// in the same directory, which gets the mode and the owner of the one that it replaces; a symbolic
// link is followed. Anything else, such as a device, a pipe, /dev/stdout or /dev/fd/N, is opened
// and written, and "-" is standard output; so is a file that standard output already writes to.
class WholeFile {
  public:
    // Writes the new file without replacing the old one, or opens what is not a regular file, which
    // blocks for a FIFO without a reader. `action` begins the error message: "write port file".
    static net::Result<WholeFile> prepare(const std::string& path, std::string_view content,
                                          std::string_view action);
    WholeFile(WholeFile&&) noexcept;
    WholeFile& operator=(WholeFile&&) noexcept;
    // Leaves nothing behind unless publish() was called.
    ~WholeFile();

    // Replaces the old file, or writes the content. `standard` is standard output, which is flushed
    // first if the content follows what was written there. If its own writing fails, finish()
    // reports that.
    net::Status publish(Output& standard);

    // Whether publish() replaces a file, rather than writing to what is there.
    bool is_regular() const;

    // Removes the file, unless another one has replaced it, it does not exist any more, or somebody
    // has written something else into it. If the path is a symbolic link, empties the file instead.
    // If the file cannot be removed, empties it and fails; the error's hint states whether that
    // worked. Call it only after publish().
    net::Status withdraw();

  private:
    WholeFile(std::unique_ptr<OutputFile> file, const std::string& path, std::string_view content,
              std::string_view action);
    net::Status outcome(std::error_code code) const;

    std::unique_ptr<OutputFile> file_;
    std::string path_;
    std::string content_;
    std::string action_;
};

// Prepares and publishes a file.
net::Status write_whole(const std::string& path, std::string_view content, std::string_view action,
                        Output& standard);

// Checks whether write_whole() would succeed, without changing anything. Does not open what is not
// a regular file.
net::Status can_write_whole(const std::string& path, std::string_view action);

// Whether write_whole() would write both to the same place, so that one is lost or they are mixed.
// False for devices such as /dev/null.
bool is_same_file(const std::string& one, const std::string& other);

// A file with the port of a server, removed on destruction.
class PortFile {
  public:
    PortFile() = default;
    PortFile(const PortFile&) = delete;
    PortFile& operator=(const PortFile&) = delete;
    ~PortFile();

    // Prepares a file that contains the port and a newline; see WholeFile::prepare().
    net::Status prepare(const std::string& path, std::uint16_t port);

    // Makes the file appear, if prepare() was called. Signals that end the server should be caught
    // before, because otherwise the file stays.
    net::Status publish(Output& standard);

    // The path of the file that remove() will remove; empty if there is none.
    std::string removable() const;

    // Removes the file, if publish() made it appear and remove() was not called before; see
    // WholeFile::withdraw().
    net::Status remove();

  private:
    std::string path_;
    std::optional<WholeFile> file_;
};

}  // namespace sockbox::tools
