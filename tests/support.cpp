// Runs commands in this process, and helpers that need no system calls.
#include "support.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <regex>
#include <sstream>
#include <system_error>

#include "system/platform.h"

namespace sockbox::test {
namespace {

std::string unused_path() {
    static std::atomic<int> counter{0};
    static const unsigned salt = std::random_device()();
    const auto name = fmt::format("sockbox-test-{:08x}-{}", salt, counter++);
    return (std::filesystem::temp_directory_path() / name).string();
}

std::FILE* open_file(const std::string& path, const char* mode) {
    std::FILE* file = std::fopen(path.c_str(), mode);
    if (file == nullptr)
        throw std::system_error(errno, std::generic_category(), "open " + path);
    return file;
}

}  // namespace

StandardFiles::StandardFiles(std::string_view input)
    : in_(input),
      in_file_(open_file(in_.path(), "rb")),
      out_file_(open_file(out_.path(), "wb")),
      err_file_(open_file(err_.path(), "wb")),
      out_text_(fileno(out_file_.get()), tools::Output::Buffering::full),
      err_text_(fileno(err_file_.get()), tools::Output::Buffering::none) {}

Ran StandardFiles::run(tools::Run command, const Words& args) {
    const int status = status_of(command, args);
    return {status, out_.content(), err_.content()};
}

int StandardFiles::status_of(tools::Run command, const Words& args) {
    const int status = command(args, {fileno(in_file_.get()), out_text_, err_text_});
    out_text_.flush();
    return status;
}

Ran run(tools::Run command, const Words& args, std::string_view input) {
    return StandardFiles(input).run(command, args);
}

std::string without_origin(std::string_view json) {
    return std::regex_replace(std::string(json),
                              std::regex(R"("time":"[0-9T:.-]+Z","version":"[0-9.]+",)"), "");
}

std::string symbol_of(std::errc condition) {
    return std::string(net::symbol(net::platform::error_of(condition)));
}

Words lines(std::string_view text) {
    Words found;
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);)
        found.push_back(line);
    return found;
}

TemporaryFile::TemporaryFile(std::string_view content) : path_(unused_path()) {
    std::ofstream(path_, std::ios::binary).write(content.data(), std::ssize(content));
}

TemporaryFile::~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

std::string TemporaryFile::content() const {
    std::ifstream file(path_, std::ios::binary);
    if (!file && std::filesystem::exists(path_))
        throw std::system_error(errno, std::generic_category(), "open " + path_);
    return {std::istreambuf_iterator<char>(file), {}};
}

EchoServer::EchoServer(const Words& args, const std::string& port)
    : process_([&] {
          Words words{"echod", "--port", port};
          if (std::find(args.begin(), args.end(), "--bind") == args.end())
              words.insert(words.end(), {"--bind", "127.0.0.1"});
          words.insert(words.end(), args.begin(), args.end());
          return words;
      }()) {
    // "listening on 127.0.0.1:3490 (tcp, …)"
    const std::string line = process_.read_line();
    const std::string address = line.substr(0, line.find(" ("));
    port_ = address.substr(address.rfind(':') + 1);
}

}  // namespace sockbox::test
