/// Stories of things lost, walls in the way, fears, broken cups and hunger.
enum PlotsOfTrouble {
    static let text = #"""
        = lost
        thing; use = red ball; played with the ball
            | blue kite; flew the kite
            | wooden boat; sailed the boat
            | silver bell; rang the bell
            | little drum; played the drum
            | yellow hat; took turns to wear the hat
            | orange balloon; played with the balloon
            | green bucket; filled the bucket with sand
        first = under the bench | behind the wall | in the tall grass | under the bridge
        second = behind the big stone | between the roots of a tree | beside the path | in the bushes
        hidden = under a pile of leaves | in an empty nest | behind an old barrel | inside a hollow log
        method = looked at every stone | listened to the wind | followed the marks on the ground | walked in a big
            circle

        > <opening>
        > {hero} had {thing:a}. {hero.he:C} loved it very much.
        | {hero.he:C} had {thing:a}, and {hero.he} took it everywhere.
        > One {weather} day, {hero} took the {thing} to {place}.
        | One {weather} morning, {hero.he} went to {place} with the {thing}.
        > When {hero.he} looked around, the {thing} was gone!
        | But on the way home, {hero.he} saw that the {thing} was gone.

        > {hero} was very sad.
        | {hero} began to cry.
        > {hero.he:C} looked {first}, but it was not there. {hero.he:C} looked {second}, but it was not there.
        | {hero.he:C} looked {first} and {second}, but {hero.he} could not find it.
        > Then <friend> came by.
        | Just then, {hero} met <friend>.

        > "Why are you so sad?" asked {friend}.
        | "What is the matter?" asked {friend}.
        > "I lost my {thing}," said {hero}.
        | "My {thing} is gone," said {hero}.
        > "Do not worry," said {friend}. "I will help you."
        | "Let us look for it together," said {friend}.
        > {friend} {method}, and then {friend.he} stopped. There was the {thing}, {hidden}!
        | {friend} {method}. At last {friend.he} found the {thing} {hidden}.
        > "Thank you!" said {hero}. They {use} until the sun went down.
        | {hero} jumped for joy, and they {use} all day.
        > <ending>
        > <moral>

        = obstacle
        goal; wall; idea; deed; prize = pick the sweet apples on a tall tree; The tree was too high; If you stand on
            my back, you can reach them; climbed on {friend}'s back; picked two big apples
            | see the flowers across the stream; The water was too deep; We can build a bridge of branches; built a
                bridge with {friend}; saw a field full of flowers
            | look into the dark cave; It was too dark to see; I have a lamp at home; followed {friend} and the
                lamp; saw walls that shone like stars
            | open the old gate of the garden; The gate was too heavy; If we push together, it will move; pushed
                together with {friend}; found a garden full of roses
            | walk to the top of the mountain; A big rock lay on the path; I know another way around the rock; went
                slowly behind {friend}; saw the whole valley
            | visit the island in the lake; There was no boat; We can make a raft of logs; made a raft with
                {friend}; ate berries on the island
        tries = two times | three times | many times | again and again

        > <opening>
        > {hero} had one big wish. {hero.he:C} wanted to {goal}.
        | More than anything, {hero} wanted to {goal}.
        > One {weather} morning, {hero.he} left home and set out alone.
        | So one {weather} day, {hero.he} put on {hero.his} boots and went out.
        > But it was not easy. {wall}, and {hero} did not know what to do.
        | {wall}. {hero} tried {tries}, but it was no use.

        > Along came <friend>.
        | Then {hero} heard a voice. It was <friend>.
        > "What are you doing?" asked {friend}.
        | "Can I help you?" asked {friend}.
        > "I want to {goal}," said {hero}, "but I cannot do it alone."
        | "I wish to {goal}, but it is too hard," said {hero}.
        > {friend} thought for a while. "{idea}," {friend.he} said.
        | "I have an idea," said {friend}. "{idea}."

        > So {hero} {deed}, and soon they {prize}.
        | {hero} {deed}. In the end they {prize}.
        > "We did it!" they cried.
        | "It worked!" said {hero}. "Thank you, {friend}!"
        | They laughed and danced.
        > <ending>
        > 4* <moral>
        | Two can do what one cannot.

        = fear
        fear; when; sees; truth; remedy; after = the dark; When the sun went down; saw strange shadows on the wall;
            Shadows are only things without light; lit a small candle; the room was warm and friendly
            | thunder; When the storm came; heard a loud noise in the sky; Thunder is only the clouds talking; sang
                a song about the rain; the storm moved far away
            | deep water; When the others went to swim; saw how deep the lake was; You can start where the water is
                low; held hands and took one small step; the water felt soft and cool
            | high places; When they came to the long bridge; looked down and felt dizzy; Do not look down, look at
                me; counted every step out loud; they stood on the other side
            | the big school; When the first day came; saw many new faces; Everyone here is new today; sat down side
                by side; the day was full of songs and games

        > <opening>
        > {hero} was not afraid of much, but {hero.he} was afraid of {fear}.
        | But {hero} had a secret. {hero.he:C} was afraid of {fear}.
        > {when}, {hero.he} {sees}.
        | {when}, {hero} {sees} and wanted to run away.
        > {hero.his:C} heart went bump, bump, bump.
        | {hero.he:C} could not move at all.
        | {hero.he:C} hid {hero.his} face and cried a little.

        > {hero.his:C} friend {friend} saw it and came close.
        | {hero.his:C} best friend was <friend>. {friend} saw how {hero} felt.
        > "Are you afraid?" asked {friend}. "Yes," said {hero} in a small voice.
        | "I am afraid of {fear}," said {hero}. "Please stay with me."
        > "I was afraid of it too," said {friend}. "{truth}."
        | "That is all right," said {friend}. "{truth}."

        > Then the two friends {remedy}.
        | So they {remedy}, and {hero} felt better.
        > Soon {after}.
        | After a while {after}.
        > "It is not so bad," said {hero}.
        | {hero} took a deep breath and smiled.
        | "Look, I can do it!" said {hero}.
        > <ending>
        > 4* <moral>
        | Being brave means to try even when you are afraid.

        = truth
        owner; thing; game; repair = grandmother; blue cup; ran around the kitchen; put the pieces together with
            glue
            | father; old clock; threw a ball in the house; put the wheels back one by one
            | mother; flower pot; danced on the table; found a new pot for the flowers
            | aunt; glass bowl; jumped up and down on the bed; swept the floor together
            | grandfather; wooden chair; climbed like monkeys; fixed the leg with a nail
        hide = under the bed | behind the door | in a dark box | under the carpet

        > <opening>
        > One {weather} day, {hero} and {hero.his} friend {friend} {game}.
        | {hero} had a friend. {friend.he:C} was <friend>. One {weather} day, the two {game}.
        > Crash! Down fell the {thing}, and it broke. It belonged to {hero.his} {owner}.
        | Then there was a loud crash. {hero} had broken the {thing} of {hero.his} {owner}.

        > "Oh no!" said {hero}. "What shall we do?"
        | {hero} turned pale. "This is bad," {hero.he} said.
        > {hero.he:C} wanted to hide the {thing} {hide}.
        | "I could hide it {hide}," {hero.he} thought.
        > But {friend} shook {friend.his} head. "Tell the truth," {friend.he} said. "I will come with you."
        | "It is better to tell the truth," said {friend}.

        > So {hero} went to {hero.his} {owner} and said, "I broke your {thing}. I am sorry."
        | {hero} went to {hero.his} {owner}. "I am sorry," {hero.he} said. "I broke your {thing}."
        > {hero.his:C} {owner} was quiet for a moment. Then came a hug. "Thank you for telling me," said {hero.his}
            {owner}.
        | "I am sad about the {thing}," said {hero.his} {owner}, "but I am glad that you told me."
        > All three {repair}.
        | Then all three of them {repair}.
        > <ending>
        > 4* <moral>
        | It is always better to tell the truth.

        = share
        food; some = bread; half of the bread
            | cake; a big piece of cake
            | soup; a warm bowl of soup
            | pie; two slices of pie
            | cheese; a piece of cheese
            | honey; a spoon of honey
        trouble = lost {hero.his} way in the snow | fell into a deep hole | got lost in the fog | could not find the
            way home
        rescue = took {hero} by the hand and led the way | brought a long rope and a lamp | called out and showed
            the way home

        > <opening>
        > One {weather} morning, {hero.his} mother gave {hero.him} some {food} to eat.
        | {hero} loved {food}. One {weather} day, {hero.he} took some {food} for a walk.
        > On the way to {place}, {hero.he} met <friend>.
        | Near {place}, {hero.he} saw <friend>.
        > {friend} looked thin and tired.
        | {friend} sat on a stone and did not smile.

        > "I am so hungry," said {friend}. "I have not had any food today."
        | "Do you have something to eat?" asked {friend}. "I am very hungry."
        > {hero} looked at the {food}. There was not much. But {hero.he} gave {friend} {some}.
        | "You can have {some}," said {hero}, and they sat down and ate.
        > "You are kind," said {friend}. "I will never forget it."
        | "Thank you," said {friend}. "One day I will help you too."

        > Many days later, {hero} {trouble}.
        | When winter came, {hero} {trouble}.
        > "Help!" cried {hero}. "Is anybody there?"
        | {hero} called and called, but nobody came.
        > Then {hero.he} heard a voice that {hero.he} knew. It was {friend}! {friend} {rescue}.
        | At last {friend} heard {hero.him}. {friend.he:C} {rescue}.
        > "You shared your {food} with me," said {friend}. "Now it is my turn."
        | "Now I can help you," said {friend}, "just as you helped me."
        > <ending>
        > 4* <moral>
        | If you are kind, kindness will come back to you.
        """#
}
