// Manual pages by man(1).
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "tools/manual.h"

namespace sockbox::tools {
namespace {

// The exit status of `man` with these arguments; none where it could not be run.
std::optional<int> run_man(std::array<char*, 4> words, bool silent) {
    posix_spawn_file_actions_t actions;
    if (::posix_spawn_file_actions_init(&actions) != 0)
        return std::nullopt;
    if (silent)
        for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
            ::posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", 1, 0);
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, "man", &actions, nullptr, words.data(), ::environ);
    ::posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (failed != 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return std::nullopt;
    return WEXITSTATUS(status);
}

}  // namespace

std::optional<int> show_manual(std::string_view command) {
    // The page of echo is that of the shell's, unless it is asked for by the name it has here.
    std::string page(command == "echo" ? "tcpecho" : command);
    std::string man = "man";
    std::string where = "-w";
    if (run_man({man.data(), where.data(), page.data(), nullptr}, true) != 0)
        return std::nullopt;
    return run_man({man.data(), page.data(), nullptr, nullptr}, false);
}

std::string exec_path() {
    // Beside the program that runs: an installed tree may have been moved, or staged by DESTDIR.
    std::error_code failed;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
    const auto folder = program.parent_path().parent_path() / SOCKBOX_LIBEXEC_NAME / "sockbox";
    if (!failed && std::filesystem::is_directory(folder, failed))
        return folder.string();
    return SOCKBOX_LIBEXEC;
}

}  // namespace sockbox::tools
