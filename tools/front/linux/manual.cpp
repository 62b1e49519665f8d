// Shows manual pages with man(1), and finds the directory of the commands on Linux.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tools/front/manual.h"

namespace sockbox::tools {
namespace {

// Runs `man` with these arguments and returns its exit status; nothing if it could not be run or
// was killed.
std::optional<int> run_man(std::vector<std::string> words, bool silent) {
    words.insert(words.begin(), "man");
    std::vector<char*> pointers;
    for (std::string& word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    if (::posix_spawn_file_actions_init(&actions) != 0)
        return std::nullopt;
    if (silent)
        for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
            ::posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", 1, 0);
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, "man", &actions, nullptr, pointers.data(), ::environ);
    ::posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (failed != 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return std::nullopt;
    return WEXITSTATUS(status);
}

// The directory `name` beside the directory of the running program, because an installed tree may
// have been moved or staged with DESTDIR. Empty if there is no such directory.
std::string folder_beside(const std::filesystem::path& name) {
    std::error_code failed;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
    const auto folder = program.parent_path().parent_path() / name;
    const bool is_there = !failed && std::filesystem::is_directory(folder, failed);
    return is_there ? folder.string() : std::string();
}

// Whether man(1) finds the page with the arguments `where`.
bool is_found(std::vector<std::string> where, const std::string& page) {
    where.insert(where.end(), {"-w", page});
    return run_man(where, true) == 0;
}

}  // namespace

std::optional<int> show_manual(std::string_view command) {
    // echo(1) is the page of coreutils; that of this command is installed as tcpecho(1).
    const std::string page(command == "echo" ? "tcpecho" : command);
    std::vector<std::string> words;
    if (const std::string own = folder_beside(SOCKBOX_MAN_NAME); !own.empty())
        words = {"-M", own};
    if (!is_found(words, page))
        words.clear();
    if (!is_found(words, page))
        return std::nullopt;
    words.push_back(page);
    return run_man(words, false);
}

std::string exec_path() {
    const auto folder = folder_beside(std::filesystem::path(SOCKBOX_LIBEXEC_NAME) / "sockbox");
    return folder.empty() ? SOCKBOX_LIBEXEC : folder;
}

}  // namespace sockbox::tools
