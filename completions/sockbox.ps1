# PowerShell completion for sockbox and its commands; to use it, run this file in your $PROFILE:
#     . C:\path\to\sockbox.ps1
# Each command completes its own command line: see tools/front/completion.h for what --complete
# prints. Windows PowerShell 5.1 does not call this for "-" and "--" alone, PowerShell 7 does.

$sockboxCommands = @('sockbox', 'showip', 'sockopt', 'echod', 'udpecho', 'tcpecho')
Register-ArgumentCompleter -Native -CommandName $sockboxCommands -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words before the cursor, and the word at the cursor as far as it is typed.
    $before = @()
    $typed = ''
    foreach ($element in $commandAst.CommandElements) {
        $extent = $element.Extent
        if ($extent.EndOffset -lt $cursorPosition) {
            if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
                $before += $element.Value
            } else {
                $before += $extent.Text
            }
        } elseif ($extent.StartOffset -lt $cursorPosition) {
            $typed = $extent.Text.Substring(0, $cursorPosition - $extent.StartOffset)
        }
    }
    if ($before.Count -eq 0) {
        return
    }
    $program = $before[0]
    $rest = @($before | Select-Object -Skip 1)
    $lines = @(& $program "--complete=$typed" @rest 2>$null)
    if ($lines.Count -eq 0 -or ($lines[0] -ne 'words' -and $lines[0] -ne 'parts')) {
        return # PowerShell completes names of files
    }

    # Of an argument with commas, PowerShell replaces only the part that it calls $wordToComplete.
    $kept = ''
    if ($typed.EndsWith($wordToComplete)) {
        $kept = $typed.Substring(0, $typed.Length - $wordToComplete.Length)
    }
    foreach ($line in ($lines | Select-Object -Skip 1)) {
        $text, $summary = $line -split "`t", 2
        if (-not $summary) {
            $summary = $text # an empty description is an error
        }
        $inserted = $text
        if ($kept -and $text.StartsWith($kept)) {
            $inserted = $text.Substring($kept.Length)
        }
        if ($inserted -notmatch '^[-\w=./:+%]+$') {
            $inserted = "'" + $inserted.Replace("'", "''") + "'"
        }
        [System.Management.Automation.CompletionResult]::new($inserted, $text, 'ParameterValue', $summary)
    }
}
