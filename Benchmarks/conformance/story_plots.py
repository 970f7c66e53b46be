"""The plots. Each has `props` (things that only make sense together), `slots` (things that go with anything), and
`paragraphs`: lists of beats, each beat a list of ways to say the same. Props and slots may name the characters too."""

OPENINGS = [
    "Once upon a time, there was {hero.a} who lived {home}.",
    "Once upon a time, {hero.a} lived {home}.",
    "Once upon a time, there lived {hero.a}. {hero.He} lived {home}.",
    "There once was {hero.a} who lived {home}.",
    "Long ago, {hero.a} lived {home}.",
]

ENDINGS = [
    "That night, {hero} fell asleep with a smile.",
    "{hero} and {friend} were friends from that day on.",
    "Then {hero} and {friend} went home together, and the stars came out.",
    "{hero} never forgot that {weather} day.",
    "In the evening, {hero} told {hero.his} mother all about it.",
]

MORALS = [
    "The end.",
    "And they all lived happily ever after.",
    "{hero} knew that a good friend is the best thing in the world.",
    "It is good to help each other.",
]

LOST = {
    "props": [
        {"thing": "red ball", "use": "played with the ball"},
        {"thing": "blue kite", "use": "flew the kite"},
        {"thing": "wooden boat", "use": "sailed the boat"},
        {"thing": "silver bell", "use": "rang the bell"},
        {"thing": "little drum", "use": "played the drum"},
        {"thing": "yellow hat", "use": "took turns to wear the hat"},
        {"thing": "orange balloon", "use": "played with the balloon"},
        {"thing": "green bucket", "use": "filled the bucket with sand"},
    ],
    "slots": {
        "first": ["under the bench", "behind the wall", "in the tall grass", "under the bridge"],
        "second": ["behind the big stone", "between the roots of a tree", "beside the path", "in the bushes"],
        "hidden": ["under a pile of leaves", "in an empty nest", "behind an old barrel", "inside a hollow log"],
        "method": [
            "looked at every stone", "listened to the wind", "followed the marks on the ground",
            "walked in a big circle",
        ],
    },
    "paragraphs": [
        [
            ["{hero} had {thing:a}. {hero.He} loved it very much.",
             "{hero.He} had {thing:a}, and {hero.he} took it everywhere."],
            ["One {weather} day, {hero} took the {thing} to {place}.",
             "One {weather} morning, {hero.he} went to {place} with the {thing}."],
            ["When {hero.he} looked around, the {thing} was gone!",
             "But on the way home, {hero.he} saw that the {thing} was gone."],
        ],
        [
            ["{hero} was very sad.", "{hero} began to cry."],
            ["{hero.He} looked {first}, but it was not there. {hero.He} looked {second}, but it was not there.",
             "{hero.He} looked {first} and {second}, but {hero.he} could not find it."],
            ["Then {friend.a} came by.", "Just then, {hero} met {friend.a}."],
        ],
        [
            ["\"Why are you so sad?\" asked {friend}.", "\"What is the matter?\" asked {friend}."],
            ["\"I lost my {thing},\" said {hero}.", "\"My {thing} is gone,\" said {hero}."],
            ["\"Do not worry,\" said {friend}. \"I will help you.\"",
             "\"Let us look for it together,\" said {friend}."],
            ["{friend} {method}, and then {friend.he} stopped. There was the {thing}, {hidden}!",
             "{friend} {method}. At last {friend.he} found the {thing} {hidden}."],
            ["\"Thank you!\" said {hero}. They {use} until the sun went down.",
             "{hero} jumped for joy, and they {use} all day."],
        ],
    ],
}

OBSTACLE = {
    "props": [
        {"goal": "pick the sweet apples on a tall tree", "wall": "The tree was too high",
         "idea": "If you stand on my back, you can reach them", "deed": "climbed on {friend}'s back",
          "prize": "picked two big apples"},
        {"goal": "see the flowers across the stream", "wall": "The water was too deep",
         "idea": "We can build a bridge of branches", "deed": "built a bridge with {friend}",
          "prize": "saw a field full of flowers"},
        {"goal": "look into the dark cave", "wall": "It was too dark to see",
         "idea": "I have a lamp at home", "deed": "followed {friend} and the lamp",
          "prize": "saw walls that shone like stars"},
        {"goal": "open the old gate of the garden", "wall": "The gate was too heavy",
         "idea": "If we push together, it will move", "deed": "pushed together with {friend}",
          "prize": "found a garden full of roses"},
        {"goal": "walk to the top of the mountain", "wall": "A big rock lay on the path",
         "idea": "I know another way around the rock", "deed": "went slowly behind {friend}",
          "prize": "saw the whole valley"},
        {"goal": "visit the island in the lake", "wall": "There was no boat",
         "idea": "We can make a raft of logs", "deed": "made a raft with {friend}",
          "prize": "ate berries on the island"},
    ],
    "slots": {"tries": ["two times", "three times", "many times", "again and again"]},
    "paragraphs": [
        [
            ["{hero} had one big wish. {hero.He} wanted to {goal}.", "More than anything, {hero} wanted to {goal}."],
            ["One {weather} morning, {hero.he} left home and set out alone.",
             "So one {weather} day, {hero.he} put on {hero.his} boots and went out."],
            ["But it was not easy. {wall}, and {hero} did not know what to do.",
             "{wall}. {hero} tried {tries}, but it was no use."],
        ],
        [
            ["Along came {friend.a}.", "Then {hero} heard a voice. It was {friend.a}."],
            ["\"What are you doing?\" asked {friend}.", "\"Can I help you?\" asked {friend}."],
            ["\"I want to {goal},\" said {hero}, \"but I cannot do it alone.\"",
             "\"I wish to {goal}, but it is too hard,\" said {hero}."],
            ["{friend} thought for a while. \"{idea},\" {friend.he} said.",
             "\"I have an idea,\" said {friend}. \"{idea}.\""],
        ],
        [
            ["So {hero} {deed}, and soon they {prize}.", "{hero} {deed}. In the end they {prize}."],
            ["\"We did it!\" they cried.", "\"It worked!\" said {hero}. \"Thank you, {friend}!\"",
             "They laughed and danced."],
        ],
    ],
    "morals": MORALS + ["Two can do what one cannot."],
}

FEAR = {
    "props": [
        {"fear": "the dark", "when": "When the sun went down", "sees": "saw strange shadows on the wall",
         "truth": "Shadows are only things without light", "remedy": "lit a small candle",
          "after": "the room was warm and friendly"},
        {"fear": "thunder", "when": "When the storm came", "sees": "heard a loud noise in the sky",
         "truth": "Thunder is only the clouds talking", "remedy": "sang a song about the rain",
          "after": "the storm moved far away"},
        {"fear": "deep water", "when": "When the others went to swim", "sees": "saw how deep the lake was",
         "truth": "You can start where the water is low", "remedy": "held hands and took one small step",
          "after": "the water felt soft and cool"},
        {"fear": "high places", "when": "When they came to the long bridge", "sees": "looked down and felt dizzy",
         "truth": "Do not look down, look at me", "remedy": "counted every step out loud",
          "after": "they stood on the other side"},
        {"fear": "the big school", "when": "When the first day came", "sees": "saw many new faces",
         "truth": "Everyone here is new today", "remedy": "sat down side by side",
          "after": "the day was full of songs and games"},
    ],
    "paragraphs": [
        [
            ["{hero} was not afraid of much, but {hero.he} was afraid of {fear}.",
             "But {hero} had a secret. {hero.He} was afraid of {fear}."],
            ["{when}, {hero.he} {sees}.", "{when}, {hero} {sees} and wanted to run away."],
            ["{hero.His} heart went bump, bump, bump.", "{hero.He} could not move at all.",
             "{hero.He} hid {hero.his} face and cried a little."],
        ],
        [
            ["{hero.His} friend {friend} saw it and came close.",
             "{hero.His} best friend was {friend.a}. {friend} saw how {hero} felt."],
            ["\"Are you afraid?\" asked {friend}. \"Yes,\" said {hero} in a small voice.",
             "\"I am afraid of {fear},\" said {hero}. \"Please stay with me.\""],
            ["\"I was afraid of it too,\" said {friend}. \"{truth}.\"",
             "\"That is all right,\" said {friend}. \"{truth}.\""],
        ],
        [
            ["Then the two friends {remedy}.", "So they {remedy}, and {hero} felt better."],
            ["Soon {after}.", "After a while {after}."],
            ["\"It is not so bad,\" said {hero}.", "{hero} took a deep breath and smiled.",
             "\"Look, I can do it!\" said {hero}."],
        ],
    ],
    "morals": MORALS + ["Being brave means to try even when you are afraid."],
}

TRUTH = {
    "props": [
        {"owner": "grandmother", "thing": "blue cup", "game": "ran around the kitchen",
         "repair": "put the pieces together with glue"},
        {"owner": "father", "thing": "old clock", "game": "threw a ball in the house",
         "repair": "put the wheels back one by one"},
        {"owner": "mother", "thing": "flower pot", "game": "danced on the table",
         "repair": "found a new pot for the flowers"},
        {"owner": "aunt", "thing": "glass bowl", "game": "jumped up and down on the bed",
         "repair": "swept the floor together"},
        {"owner": "grandfather", "thing": "wooden chair", "game": "climbed like monkeys",
         "repair": "fixed the leg with a nail"},
    ],
    "slots": {"hide": ["under the bed", "behind the door", "in a dark box", "under the carpet"]},
    "paragraphs": [
        [
            ["One {weather} day, {hero} and {hero.his} friend {friend} {game}.",
             "{hero} had a friend. {friend.He} was {friend.a}. One {weather} day, the two {game}."],
            ["Crash! Down fell the {thing}, and it broke. It belonged to {hero.his} {owner}.",
             "Then there was a loud crash. {hero} had broken the {thing} of {hero.his} {owner}."],
        ],
        [
            ["\"Oh no!\" said {hero}. \"What shall we do?\"", "{hero} turned pale. \"This is bad,\" {hero.he} said."],
            ["{hero.He} wanted to hide the {thing} {hide}.", "\"I could hide it {hide},\" {hero.he} thought."],
            ["But {friend} shook {friend.his} head. \"Tell the truth,\" {friend.he} said. \"I will come with you.\"",
             "\"It is better to tell the truth,\" said {friend}."],
        ],
        [
            ["So {hero} went to {hero.his} {owner} and said, \"I broke your {thing}. I am sorry.\"",
             "{hero} went to {hero.his} {owner}. \"I am sorry,\" {hero.he} said. \"I broke your {thing}.\""],
            ["{hero.His} {owner} was quiet for a moment. Then came a hug. "
             "\"Thank you for telling me,\" said {hero.his} {owner}.",
             "\"I am sad about the {thing},\" said {hero.his} {owner}, \"but I am glad that you told me.\""],
            ["All three {repair}.", "Then all three of them {repair}."],
        ],
    ],
    "morals": MORALS + ["It is always better to tell the truth."],
}

SHARE = {
    "props": [
        {"food": "bread", "some": "half of the bread"}, {"food": "cake", "some": "a big piece of cake"},
        {"food": "soup", "some": "a warm bowl of soup"}, {"food": "pie", "some": "two slices of pie"},
        {"food": "cheese", "some": "a piece of cheese"}, {"food": "honey", "some": "a spoon of honey"},
    ],
    "slots": {
        "trouble": ["lost {hero.his} way in the snow", "fell into a deep hole", "got lost in the fog",
         "could not find the way home"],
        "rescue": ["took {hero} by the hand and led the way", "brought a long rope and a lamp",
         "called out and showed the way home"],
    },
    "paragraphs": [
        [
            ["One {weather} morning, {hero.his} mother gave {hero.him} some {food} to eat.",
             "{hero} loved {food}. One {weather} day, {hero.he} took some {food} for a walk."],
            ["On the way to {place}, {hero.he} met {friend.a}.", "Near {place}, {hero.he} saw {friend.a}."],
            ["{friend} looked thin and tired.", "{friend} sat on a stone and did not smile."],
        ],
        [
            ["\"I am so hungry,\" said {friend}. \"I have not had any food today.\"",
             "\"Do you have something to eat?\" asked {friend}. \"I am very hungry.\""],
            ["{hero} looked at the {food}. There was not much. But {hero.he} gave {friend} {some}.",
             "\"You can have {some},\" said {hero}, and they sat down and ate."],
            ["\"You are kind,\" said {friend}. \"I will never forget it.\"",
             "\"Thank you,\" said {friend}. \"One day I will help you too.\""],
        ],
        [
            ["Many days later, {hero} {trouble}.", "When winter came, {hero} {trouble}."],
            ["\"Help!\" cried {hero}. \"Is anybody there?\"", "{hero} called and called, but nobody came."],
            ["Then {hero.he} heard a voice that {hero.he} knew. It was {friend}! {friend} {rescue}.",
             "At last {friend} heard {hero.him}. {friend.He} {rescue}."],
            ["\"You shared your {food} with me,\" said {friend}. \"Now it is my turn.\"",
             "\"Now I can help you,\" said {friend}, \"just as you helped me.\""],
        ],
    ],
    "morals": MORALS + ["If you are kind, kindness will come back to you."],
}

GIFT = {
    "props": [
        {"gift": "crown of flowers", "first": "picked white flowers", "then": "tied them into a ring"},
        {"gift": "warm scarf", "first": "found some soft wool", "then": "worked for three days"},
        {"gift": "birthday cake", "first": "mixed eggs and flour", "then": "put berries on top"},
        {"gift": "picture book", "first": "cut some paper", "then": "painted a bird on every page"},
        {"gift": "wooden whistle", "first": "found a dry stick", "then": "made small holes in it"},
        {"gift": "new song", "first": "listened to the birds", "then": "found the right words"},
    ],
    "slots": {"shop": ["a golden ring", "a pretty lamp", "a silver spoon", "a big box of sweets"]},
    "paragraphs": [
        [
            ["{hero} had a good friend. {friend.He} was {friend.a}.", "{hero.His} best friend was {friend.a}."],
            ["Soon it would be {friend}'s birthday, and {hero} wanted to give {friend.him} a gift.",
             "The next day was {friend}'s birthday, but {hero} had no gift."],
            ["In the shop {hero.he} saw {shop}, but {hero.he} had no money.",
             "{hero.He} wanted to buy {shop}, but it cost too much."],
        ],
        [
            ["\"What can I do?\" thought {hero}. Then {hero.he} had an idea.",
             "{hero} sat down and thought. \"I know!\" {hero.he} said. \"I will make something.\""],
            ["{hero.He} went to {place}. There {hero.he} {first}. Then {hero.he} {then}.",
             "First {hero.he} {first}, and then {hero.he} {then}."],
            ["It was hard work, but at last the {gift} was ready.",
             "In the evening {hero} looked at the {gift} and was proud."],
        ],
        [
            ["On the birthday, {friend} opened the door. \"This is for you,\" said {hero}.",
             "\"Happy birthday!\" said {hero}, and gave {friend} the {gift}."],
            ["\"{gift:aC}!\" said {friend}. \"Did you make it for me?\"",
             "{friend} could not believe it. \"{gift:aC}! I love it,\" {friend.he} said."],
            ["\"It is the best gift of all,\" said {friend}, \"because you made it.\"",
             "{friend} gave {hero} a big hug."],
        ],
    ],
    "morals": MORALS + ["The best gifts come from the heart."],
}

HOMEWARD = {
    "props": [
        {"baby": "little bird", "house": "a nest in the oak tree", "sound": "peep, peep"},
        {"baby": "lamb", "house": "a barn behind the hill", "sound": "baa, baa"},
        {"baby": "baby seal", "house": "a flat rock in the sea", "sound": "oop, oop"},
        {"baby": "tiny bee", "house": "a hive in the garden", "sound": "buzz, buzz"},
        {"baby": "little deer", "house": "a hidden place between the trees", "sound": "eep, eep"},
    ],
    "slots": {"sign": ["a feather on the ground", "small marks in the mud", "a broken branch", "an open gate"]},
    "paragraphs": [
        [
            ["One {weather} day, {hero} heard a sound near {place}. \"{sound:C}!\"",
             "One {weather} evening, {hero} was on the way to {place}. \"{sound:C}!\" said somebody."],
            ["It was {baby:a}, all alone.", "{hero} looked down and saw {baby:a}."],
            ["\"I cannot find my mother,\" said the {baby}.",
             "\"Please help me,\" said the {baby}. \"I want to go home.\""],
        ],
        [
            ["\"Do not cry,\" said {hero}. \"I will take you home.\" But where was home?",
             "{hero} wanted to help, but {hero.he} did not know the way."],
            ["So {hero.he} went to ask {friend.a}.", "They walked and walked until they met {friend.a}."],
            ["\"Do you know where {baby:a} lives?\" asked {hero}.",
             "\"We are looking for the mother of this {baby},\" said {hero}."],
            ["\"I saw {sign},\" said {friend}. \"Follow me.\"",
             "{friend} nodded. \"I think so,\" {friend.he} said. \"This morning I saw {sign}.\""],
        ],
        [
            ["The three of them went on together, and then they came to {house}.",
             "Step by step they went on. At last they saw {house}."],
            ["\"My baby!\" cried the mother. \"{sound:C}!\" said the {baby}, and everybody laughed.",
             "There the mother was waiting. She was so happy that she could not speak."],
            ["\"Thank you, {hero}. Thank you, {friend},\" said the mother.", "The {baby} waved for a long time."],
        ],
    ],
}

SEED = {
    "props": [
        {"seed": "brown seed", "plant": "sunflower", "gain": "gave the seeds to the birds"},
        {"seed": "tiny seed", "plant": "pumpkin", "gain": "made a big pot of soup"},
        {"seed": "round seed", "plant": "cherry tree", "gain": "ate cherries in the shade"},
        {"seed": "white bean", "plant": "bean plant", "gain": "cooked the beans for supper"},
        {"seed": "black seed", "plant": "melon", "gain": "cut the melon into slices"},
    ],
    "paragraphs": [
        [
            ["One spring day, {hero} found {seed:a} near {place}.", "In spring, an old man gave {hero} {seed:a}."],
            ["{hero.He} put it into the ground and gave it water.",
             "{hero.He} made a hole in the earth, put the seed in, and gave it some water."],
            ["The next morning {hero.he} ran outside, but nothing was there.",
             "{hero.He} waited one day and two days, but nothing happened."],
        ],
        [
            ["\"My seed does not grow,\" {hero} said to {hero.his} friend {friend}.",
             "{hero.His} friend {friend} came to visit. \"It will never grow,\" said {hero}."],
            ["\"You must wait,\" said {friend}. \"Good things need time.\"",
             "\"Give it sun and water and time,\" said {friend}."],
            ["So {hero} gave it water every day. When it was {weather}, {hero.he} sat beside it and sang.",
             "Every morning {hero} gave it water, and every evening {hero.he} told it a story."],
        ],
        [
            ["One day there was a small green leaf!", "Then, at last, something green came out of the earth."],
            ["It grew and grew until it was a big {plant}.",
             "By summer it was the biggest {plant} that anybody had seen."],
            ["\"You were right,\" said {hero} to {friend}. They {gain}.",
             "{hero} called {friend}, and together they {gain}."],
        ],
    ],
    "morals": MORALS + ["Good things need time."],
}

QUARREL = {
    "props": [
        {"thing": "red wagon", "harm": "a wheel came off", "fix": "put the wheel back on"},
        {"thing": "toy train", "harm": "it broke in two", "fix": "put the train together again"},
        {"thing": "long rope", "harm": "it went snap", "fix": "tied a strong knot"},
        {"thing": "paper kite", "harm": "the paper tore", "fix": "made a new tail for the kite"},
        {"thing": "stuffed bear", "harm": "an arm came off", "fix": "sewed the arm back on"},
    ],
    "slots": {"quiet": ["For a long time nobody spoke", "They did not look at each other",
     "Each sat in a different corner"]},
    "paragraphs": [
        [
            ["{hero} had a friend. {friend.He} was {friend.a}.", "{hero} often played with {friend.a}."],
            ["One {weather} day, they found {thing:a} near {place}.",
             "One {weather} day, they went to {place} and saw {thing:a}."],
            ["\"It is mine!\" said {hero}. \"No, it is mine!\" said {friend}.",
             "\"I saw it first!\" said {hero}. \"No, I did!\" said {friend}."],
        ],
        [
            ["{hero} pulled, and {friend} pulled, and then {harm}.",
             "They both pulled as hard as they could. Then {harm}."],
            ["\"Look what you did!\" they both cried.", "Now nobody could play with the {thing}."],
            ["{quiet}.", "{hero} went home and was angry. {friend} was angry too."],
        ],
        [
            ["After a while, {hero} felt sorry. {hero.He} missed {friend}.",
             "But it was no fun to be alone. {hero} thought of {friend}."],
            ["\"I am sorry,\" said {hero}. \"I am sorry too,\" said {friend}.",
             "{hero.He} went to {friend} and said, \"I am sorry. A friend is better than {thing:a}.\""],
            ["Together they {fix}.", "So they sat down and {fix}."],
            ["This time they took turns.",
             "\"You go first,\" said {hero}. \"No, you go first,\" said {friend}, and they both laughed."],
        ],
    ],
    "morals": MORALS + ["It is more fun to share."],
}

CONTEST = {
    "props": [
        {"contest": "race around the lake", "skill": "run", "prize": "a gold cup"},
        {"contest": "swimming race", "skill": "swim", "prize": "a blue ribbon"},
        {"contest": "singing contest", "skill": "sing", "prize": "a silver flute"},
        {"contest": "dance at the fair", "skill": "dance", "prize": "a pair of red shoes"},
        {"contest": "climbing game", "skill": "climb", "prize": "a basket of fruit"},
    ],
    "slots": {"rival": ["Everybody said that {friend} would win", "Nobody was as good as {friend}",
     "All the others were afraid of {friend}"]},
    "paragraphs": [
        [
            ["Every summer there was a {contest} near {place}. The prize was {prize}.",
             "One day, {hero} heard about a {contest}. The winner would get {prize}."],
            ["{hero} wanted to win, but {hero.he} could not {skill} very well.",
             "{hero} loved to {skill}, but {hero.he} was not very good at it."],
            ["Then there was {friend.a}. {rival}.", "{hero} knew {friend.a}. {rival}."],
        ],
        [
            ["So {hero} got up early every day to {skill}.", "Every day, rain or shine, {hero} went out to {skill}."],
            ["When the {weather} day came, everyone was there.",
             "At last the day came. It was {weather}, and many came to watch."],
            ["{hero} did {hero.his} best. But then {friend} slipped and hurt {friend.his} foot.",
             "All went well until {friend} fell down with a cry."],
        ],
        [
            ["{hero} could have gone on and won. But {hero.he} stopped. \"Are you hurt?\" {hero.he} asked.",
             "{hero} stopped at once and went back. \"Let me help you,\" {hero.he} said."],
            ["\"But you will lose,\" said {friend}. \"That does not matter,\" said {hero}.",
             "\"Why did you stop?\" asked {friend}. \"Because you need help,\" said {hero}."],
            ["{hero} did not win {prize}, but everybody clapped for {hero.him}.",
             "In the end somebody else got {prize}, but {hero} got a new friend."],
            ["\"Tomorrow I will teach you to {skill},\" said {friend}.", "\"You have a good heart,\" said {friend}."],
        ],
    ],
    "morals": MORALS + ["A friend is worth more than a prize."],
}

PLOTS = [LOST, OBSTACLE, FEAR, TRUTH, SHARE, GIFT, HOMEWARD, SEED, QUARREL, CONTEST]
