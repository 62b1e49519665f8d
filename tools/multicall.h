// The front: one program that is each command, by the name it was started under or its first word.
#pragma once

#include "tools/front/command.h"

namespace sockbox::tools {

// The table of commands: adding one is a row here, a file, and a man page.
std::span<const Command> commands() noexcept;

// `words` with the program's name first, as main has them.
int multicall(Args words, Io io);

}  // namespace sockbox::tools
