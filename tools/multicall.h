// The program sockbox: runs the command given by the program's own name or by its first argument.
#pragma once

#include "tools/front/command.h"

namespace sockbox::tools {

// The table of all commands.
std::span<const Command> commands() noexcept;

// Runs the selected command and returns its exit status. `words` begin with the program's name, as
// in main().
int multicall(Args words, Io io);

}  // namespace sockbox::tools
