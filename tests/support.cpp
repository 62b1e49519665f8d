// Running commands in this process, and what needs no system calls.
#include "support.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "net/platform.h"

namespace sockbox::test {
namespace {

std::string unused_path() {
    static std::atomic<int> counter{0};
    static const unsigned salt = std::random_device()();
    const auto name = fmt::format("sockbox-test-{:08x}-{}", salt, counter++);
    return (std::filesystem::temp_directory_path() / name).string();
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

}  // namespace

Ran run(tools::Run command, const Words& args, std::string_view input) {
    const TemporaryFile in(input);
    const TemporaryFile out;
    const TemporaryFile err;
    Ran ran;
    {
        const File in_file(std::fopen(in.path().c_str(), "rb"));
        const File out_file(std::fopen(out.path().c_str(), "wb"));
        const File err_file(std::fopen(err.path().c_str(), "wb"));
        tools::Output out_text(fileno(out_file.get()), tools::Output::Buffering::full);
        tools::Output err_text(fileno(err_file.get()), tools::Output::Buffering::none);
        ran.status = command(args, {fileno(in_file.get()), out_text, err_text});
    }
    ran.out = out.content();
    ran.err = err.content();
    return ran;
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
