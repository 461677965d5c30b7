"""The dashboard: draws frames in a terminal and turns keys into commands. Screen process, one asyncio thread.

    app         the Textual app: owns the parts below, hands them what arrives
    ├ session   (dialogue/) the source, its newest frame, wishes pending, the trail of filters
    ├ frames    which frame is on the screen: pause, age
    ├ scripts   the dialogue about scripts: prompt, editor, attempt, question, close
    ├ actions   each key of the app: its names, its help, what it does; `palette` lists them
    ├ header, banner, tabs                     (draw/)
    ├ grid      ┬ pane 1 ┬ title line          (panes/, draw/)
    │           │        ├ body ┬ heading      one view a map of the script (views/)
    │           │        │      └ view
    │           │        └ status line
    │           └ pane 2 …
    └ key bar, prompt, script prompt           (draw/, prompts/)

In: frames and answers, as messages of the source's thread. Out: commands. Data goes down: app → grid → pane →
body → view by calls (`remember` each tick, `show` what is to be drawn). Wishes go up as messages (`dialogue.messages`)
which only the app hears. Imports go down: app → palette → actions → scripts, frames → prompts → panes → views → draw →
dialogue. What frames become without a terminal (widths, bars, trees, words) is `tracetop.view`.
"""
