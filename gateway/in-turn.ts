/** Runs stories one after the other, in the order in which they came; one that fails does not stop the next. */
export type InTurn = <Result>(story: () => Promise<Result>) => Promise<Result>;

/** A queue of stories of this process. */
export function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (story) => {
    const turn = last.then(story);
    last = turn.catch(() => undefined);
    return turn;
  };
}
