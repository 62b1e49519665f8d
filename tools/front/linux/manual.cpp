// Manual pages by man(1).
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tools/front/manual.h"

namespace sockbox::tools {
namespace {

// The exit status of `man` with these arguments; none where it could not be run.
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

// A folder of the tree that the program which runs lies in: installed, it may have been moved, or
// staged by DESTDIR. Empty where there is no such folder.
std::string folder_beside(const std::filesystem::path& name) {
    std::error_code failed;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
    const auto folder = program.parent_path().parent_path() / name;
    const bool is_there = !failed && std::filesystem::is_directory(folder, failed);
    return is_there ? folder.string() : std::string();
}

// Whether there is that page where these words tell man(1) to look.
bool is_found(std::vector<std::string> where, const std::string& page) {
    where.insert(where.end(), {"-w", page});
    return run_man(where, true) == 0;
}

}  // namespace

std::optional<int> show_manual(std::string_view command) {
    // The page of echo is that of the shell's, unless it is asked for by the name it has here.
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
